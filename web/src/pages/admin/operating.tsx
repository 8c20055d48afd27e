import { api } from '../../api/client';
import { bytes, number, t } from '../../i18n';
import { useLoad } from '../../lib/load';
import { ErrorNote, Skeleton } from '../../ui/parts';

type Storages = Record<string, unknown>;

interface Setting {
  name: string;
  value: string | null;
  from: string;
  meaning: string;
}

/** How much lies where. */
export function Storage() {
  const storage = useLoad('admin/storage', (signal) => api.get<Storages>('/admin/storage', {}, signal));
  return (
    <div className="stack medium">
      <ErrorNote error={storage.error} retry={storage.reload} />
      {storage.data ? (
        <table><tbody>{Object.entries(storage.data).map(([name, value]) => <tr key={name}><th scope="row">{name.replaceAll('_', ' ')}</th><td className="number">{typeof value === 'number' ? (name.includes('bytes') ? bytes(value) : number(value)) : String(value ?? '–')}</td></tr>)}</tbody></table>
      ) : storage.error === undefined ? <Skeleton lines={4} /> : null}
    </div>
  );
}

/** Settings with where they come from; secrets are never among them. */
export function Settings() {
  const settings = useLoad('admin/settings', (signal) => api.get<{ settings: Setting[] } | Setting[]>('/admin/settings', {}, signal));
  const rows = Array.isArray(settings.data) ? settings.data : settings.data?.settings;
  return (
    <div className="stack">
      <p>{t('settings.what')}</p>
      <ErrorNote error={settings.error} retry={settings.reload} />
      {rows ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table>
            <thead><tr><th scope="col">{t('settings.name')}</th><th scope="col">{t('settings.value')}</th><th scope="col">{t('settings.from')}</th><th scope="col">{t('settings.meaning')}</th></tr></thead>
            <tbody>{rows.map((row) => <tr key={row.name}><th scope="row"><code>{row.name}</code></th><td>{row.value ?? '–'}</td><td>{row.from}</td><td className="small">{row.meaning}</td></tr>)}</tbody>
          </table>
        </div>
      ) : settings.error === undefined ? <Skeleton lines={6} /> : null}
    </div>
  );
}
