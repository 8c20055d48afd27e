import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { Job } from '../../api/types';
import { ago, t, type Key } from '../../i18n';
import { useAction } from '../../lib/load';
import { Icon } from '../../ui/icons';
import { Empty, ErrorNote, Skeleton } from '../../ui/parts';
import { usePages } from './pages';

const STATES = ['', 'open', 'leased', 'dead', 'done', 'cancelled'];
const TONES: Record<string, string> = { done: 'good', dead: 'bad', leased: 'accent', cancelled: '', open: 'careful' };
const REFRESH_MS = 5000;

/** Background work: what waits, what runs, what was given up; asking again. */
export function Queue() {
  const [state, setState] = useState('');
  const jobs = usePages<Job>('/admin/jobs', { state }, 'before');
  const { reload } = jobs;
  const running = jobs.rows.some((job) => job.state === 'open' || job.state === 'leased');
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(reload, REFRESH_MS);
    return () => clearInterval(timer);
  }, [running, reload]);
  const act = useAction(async (job: Job, what: 'retry' | 'give-up') => {
    await api.post(`/admin/jobs/${job.id}/${what}`);
    reload();
  });
  return (
    <div className="stack">
      <div className="row">
        <label className="row"><span>{t('queue.state')}</span>
          <select className="small-select" value={state} onChange={(event) => setState(event.target.value)}>{STATES.map((entry) => <option key={entry} value={entry}>{t(`job.${entry || 'all'}` as Key)}</option>)}</select>
        </label>
        <button type="button" className="button small" onClick={reload}><Icon name="refresh" size={16} />{t('action.reload')}</button>
      </div>
      <ErrorNote error={act.error} />
      {!jobs.loaded ? (jobs.error === undefined ? <Skeleton lines={5} /> : null) : jobs.rows.length === 0 ? <Empty title={t('queue.none')}><p>{t('queue.noneWords')}</p></Empty> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table>
            <thead><tr><th scope="col">{t('queue.job')}</th><th scope="col">{t('queue.state')}</th><th scope="col">{t('queue.subject')}</th><th scope="col" className="number">{t('queue.attempts')}</th><th scope="col">{t('queue.asked')}</th><th scope="col">{t('queue.error')}</th><th scope="col"><span className="visually-hidden">{t('action.column')}</span></th></tr></thead>
            <tbody>
              {jobs.rows.map((job) => (
                <tr key={job.id}>
                  <th scope="row">{String(job.id)}</th>
                  <td><span className={`tag ${TONES[job.state] ?? ''}`}>{t(`job.${job.state}` as Key)}</span></td>
                  <td><Subject text={job.subject} /></td>
                  <td className="number">{job.attempts}</td>
                  <td className="nowrap">{ago(job.created_at)}</td>
                  <td className="small">{job.last_error ?? '–'}</td>
                  <td className="nowrap">
                    {job.state === 'dead' || job.state === 'cancelled' ? <button type="button" className="button small" disabled={act.busy} onClick={() => void act.run(job, 'retry')}>{t('queue.retry')}</button> : null}
                    {job.state === 'open' ? <button type="button" className="button small quiet" disabled={act.busy} onClick={() => void act.run(job, 'give-up')}>{t('queue.giveUp')}</button> : null}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {jobs.button}
    </div>
  );
}

/** `check:11:1` is the check of learnware 00000011, version 1; what is unknown stays as it is. */
function Subject({ text }: { text: string }) {
  if (text === 'evolve') return <Link href="/administration/evolution">{t('queue.evolve')}</Link>;
  if (text === 'index') return <>{t('queue.index')}</>;
  const [, number, version] = /^check:(\d+):(\d+)$/.exec(text) ?? [];
  if (number === undefined || version === undefined) return <code>{text}</code>;
  const id = number.padStart(8, '0');
  return <>{t('queue.check')} <Link href={`/learnwares/${id}`}>{id}</Link> ({t('learnware.versionN', { n: version })})</>;
}
