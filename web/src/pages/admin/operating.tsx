import { api } from '../../api/client';
import type { Setting, Storage as Room } from '../../api/types';
import { bytes, number, percent, t, type Key } from '../../i18n';
import { useLoad } from '../../lib/load';
import { ErrorNote, Skeleton } from '../../ui/parts';
import { settingWords } from './setting-words';

/** What takes room, and how much is left. */
export function Storage() {
  const storage = useLoad('admin/storage', (signal) => api.get<Room>('/admin/storage', {}, signal));
  const room = storage.data;
  const used = room ? room.package_bytes + room.database_bytes + room.upload_bytes : 0;
  const rows: [string, string, string][] = room ? [
    [t('storage.packages'), number(room.packages), bytes(room.package_bytes)],
    [t('storage.database'), '', bytes(room.database_bytes)],
    [t('storage.uploads'), number(room.uploads), bytes(room.upload_bytes)],
    [t('storage.used'), '', bytes(used)],
    [t('storage.free'), '', typeof room.free_bytes === 'number' ? bytes(room.free_bytes) : '–'],
  ] : [];
  const share = room && typeof room.free_bytes === 'number' ? used / Math.max(1, used + room.free_bytes) : null;
  return (
    <div className="stack medium">
      <ErrorNote error={storage.error} retry={storage.reload} />
      {room ? (
        <>
          <p>{t('storage.words', { learnwares: room.learnwares, versions: room.versions })}</p>
          <table>
            <thead><tr><th scope="col">{t('storage.what')}</th><th scope="col" className="number">{t('storage.count')}</th><th scope="col" className="number">{t('learnware.size')}</th></tr></thead>
            <tbody>{rows.map(([name, count, size]) => <tr key={name}><th scope="row">{name}</th><td className="number">{count}</td><td className="number">{size}</td></tr>)}</tbody>
          </table>
          {share !== null ? <><p className="small">{t('storage.share', { share: percent(share, share < 0.01 ? 2 : 0) })}</p><div className="progress" aria-hidden="true"><div style={{ width: `${share * 100}%` }} /></div></> : null}
        </>
      ) : storage.error === undefined ? <Skeleton lines={4} /> : null}
    </div>
  );
}

/** Who says what a setting is; else it is a file. */
const ORIGINS = ['flag', 'environment', 'default'];

/** Settings with where they come from; secrets are never among them. */
export function Settings() {
  const settings = useLoad('admin/settings', (signal) => api.get<Setting[]>('/admin/settings', {}, signal));
  return (
    <div className="stack">
      <p>{t('settings.what')}</p>
      <ErrorNote error={settings.error} retry={settings.reload} />
      {settings.data ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table className="stacked">
            <thead><tr><th scope="col">{t('settings.name')}</th><th scope="col">{t('settings.value')}</th><th scope="col">{t('settings.from')}</th><th scope="col">{t('settings.meaning')}</th></tr></thead>
            <tbody>{settings.data.map((row) => <tr key={row.key}><th scope="row"><code>{row.key}</code></th><td data-label={t('settings.value')}>{row.value ?? settingWords(row).standard ?? '–'}</td><td data-label={t('settings.from')}>{ORIGINS.includes(row.origin) ? t(`settings.from.${row.origin}` as Key) : row.origin}</td><td className="small">{settingWords(row).meaning}</td></tr>)}</tbody>
          </table>
        </div>
      ) : settings.error === undefined ? <Skeleton lines={6} /> : null}
    </div>
  );
}
