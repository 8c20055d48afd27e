import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { Evolution } from '../../api/types';
import { ago, decimal, t, type Key } from '../../i18n';
import { islandName } from '../../lib/island';
import { useAction, useLoad } from '../../lib/load';
import { Icon } from '../../ui/icons';
import { Empty, ErrorNote, Note, Skeleton } from '../../ui/parts';

const TONES: Record<string, string> = { active: 'good', refused: 'careful', retired: '' };
const REFRESH_MS = 4000;
/** Proposals shown of an island. */
const SHOWN = 10;

/** What the dock learned of its learnwares: asking for it, what it brought, switching. */
export function Evolutions() {
  const list = useLoad('admin/evolutions', (signal) => api.get<Evolution[]>('/admin/evolutions', {}, signal));
  const { reload } = list;
  const newest = list.data?.[0]?.id ?? 0;
  // Asked for when this was the newest one.
  const [askedAt, setAskedAt] = useState<number | null>(null);
  const ask = useAction(async () => {
    await api.post('/admin/evolutions');
    setAskedAt(newest);
  });
  const use = useAction(async (id: number | null) => {
    if (id === null) await api.delete('/admin/evolutions/active');
    else await api.post(`/admin/evolutions/${id}/use`);
    reload();
  });
  const waits = askedAt === newest;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(reload, REFRESH_MS);
    return () => clearInterval(timer);
  }, [waits, reload]);
  return (
    <div className="stack">
      <p className="medium">{t('evolution.words')}</p>
      <div className="row">
        <button type="button" className="button primary" disabled={ask.busy} onClick={() => void ask.run()}>{t('evolution.ask')}</button>
        <button type="button" className="button small" onClick={reload}><Icon name="refresh" size={16} />{t('action.reload')}</button>
      </div>
      {waits ? <Note><p>{t('evolution.asked')}</p></Note> : null}
      <ErrorNote error={ask.error ?? use.error ?? list.error} />
      {!list.data ? (list.error === undefined ? <Skeleton lines={4} /> : null) : list.data.length === 0 ? <Empty title={t('evolution.none')}><p>{t('evolution.noneWords')}</p></Empty> : (
        <ol className="plain stack">
          {list.data.map((one) => <One key={one.id} evolution={one} busy={use.busy} onUse={(id) => void use.run(id)} />)}
        </ol>
      )}
    </div>
  );
}

function One({ evolution, busy, onUse }: { evolution: Evolution; busy: boolean; onUse: (id: number | null) => void }) {
  const { report, state } = evolution;
  return (
    <li className="panel stack">
      <div className="row">
        <h3>{t('evolution.number', { n: evolution.id })}</h3>
        <span className={`tag ${TONES[state] ?? ''}`}>{t(`evolution.${state}` as Key)}</span>
        <span className="small faint">{ago(evolution.created_at)}</span>
        <span className="spread" />
        {state === 'active' ? <button type="button" className="button small" disabled={busy} onClick={() => onUse(null)}>{t('evolution.off')}</button> : null}
        {state === 'retired' ? <button type="button" className="button small" disabled={busy} onClick={() => onUse(evolution.id)}>{t('evolution.use')}</button> : null}
      </div>
      <p>{t('evolution.measured', { n: report.measured, failed: report.unmeasured.length })}</p>
      {report.unmeasured.slice(0, SHOWN).map((failed) => <p key={failed.id} className="small"><Link href={`/learnwares/${failed.id}`}>{failed.id}</Link>: {failed.reason}</p>)}
      {report.islands.length === 0 ? <p className="small">{t('evolution.few')}</p> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table>
            <thead><tr><th scope="col">{t('evolution.island')}</th><th scope="col" className="number">{t('evolution.learnwares')}</th><th scope="col" className="number">{t('evolution.byDistance')}</th><th scope="col" className="number">{t('evolution.byCapability')}</th><th scope="col" className="number">{t('evolution.error')}</th><th scope="col">{t('evolution.used')}</th></tr></thead>
            <tbody>
              {report.islands.map((island) => (
                <tr key={JSON.stringify(island.island)}>
                  <th scope="row">{islandName(island.island, '')}</th>
                  <td className="number">{island.learnwares}</td>
                  <td className="number">{decimal(island.quality.by_distance)}</td>
                  <td className="number">{decimal(island.quality.by_capability)}</td>
                  <td className="number">{decimal(island.quality.error)}</td>
                  <td>{t(island.is_better ? 'evolution.usedYes' : 'evolution.usedNo')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {report.world ? <p className="small">{t('evolution.map', { n: report.world.map.learnwares, words: report.world.map.descriptions })}</p> : <p className="small">{t('evolution.noMap')}</p>}
      {report.islands.flatMap((island) => island.retirements).slice(0, SHOWN).map((one) => (
        <p key={one.id} className="small"><Link href={`/learnwares/${one.id}`}>{one.id}</Link> {t('evolution.couldGo')} <Link href={`/learnwares/${one.by}`}>{one.by}</Link> ({t('evolution.tasks', { n: one.tasks })})</p>
      ))}
    </li>
  );
}
