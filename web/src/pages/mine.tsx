/** Own learnwares in any state, with running checks as they go on. */
import { useState } from 'react';
import { Link } from 'wouter';
import { api } from '../api/client';
import type { Learnware } from '../api/types';
import { ago, bytes, t, type Key } from '../i18n';
import { forget, useAction, useLoad } from '../lib/load';
import { nameOf } from '../lib/specification';
import { Report } from '../ui/check-report';
import { CheckWatch } from '../ui/check-watch';
import { Icon } from '../ui/icons';
import { Safety, Status } from '../ui/learnware-parts';
import { NeedAccount } from '../ui/need-account';
import { Confirm, Empty, ErrorNote, PageHead, Skeleton } from '../ui/parts';

const FILTERS = ['all', 'usable', 'open', 'failed'] as const;
type Filter = (typeof FILTERS)[number];

const isOpen = (status: string) => status === 'waiting' || status === 'checking';

function matches(learnware: Learnware, filter: Filter): boolean {
  const status = learnware.versions.at(-1)?.status ?? '';
  if (filter === 'usable') return status === 'usable';
  if (filter === 'open') return isOpen(status);
  return filter === 'all' || status === 'non_usable' || status === 'invalid';
}

export default function Mine() {
  return (
    <>
      <PageHead title={t('mine.title')} actions={<Link className="button primary" href="/submit"><Icon name="upload" />{t('nav.submit')}</Link>}>{t('mine.what')}</PageHead>
      <NeedAccount why={t('mine.why')}>{() => <Own />}</NeedAccount>
    </>
  );
}

function Own() {
  const own = useLoad('me/learnwares', (signal) => api.get<Learnware[]>('/me/learnwares', {}, signal));
  const [filter, setFilter] = useState<Filter>('all');
  if (!own.data) return own.error === undefined ? <Skeleton lines={6} /> : <ErrorNote error={own.error} retry={own.reload} />;
  if (own.data.length === 0) {
    return <Empty title={t('mine.none')}><p>{t('mine.noneAdvice')}</p></Empty>;
  }
  const shown = own.data.filter((learnware) => matches(learnware, filter)).reverse();
  return (
    <div className="stack">
      <div className="row" role="group" aria-label={t('mine.filter')}>
        {FILTERS.map((entry) => (
          <button key={entry} type="button" className={`button small ${entry === filter ? 'primary' : ''}`} aria-pressed={entry === filter} onClick={() => setFilter(entry)}>
            {t(`mine.filter.${entry}` as Key)} ({own.data?.filter((learnware) => matches(learnware, entry)).length})
          </button>
        ))}
      </div>
      <ErrorNote error={own.error} retry={own.reload} />
      <ul className="plain stack">{shown.map((learnware) => <Entry key={learnware.id} learnware={learnware} onChange={own.reload} />)}</ul>
    </div>
  );
}

function Entry({ learnware, onChange }: { learnware: Learnware; onChange: () => void }) {
  const [asked, setAsked] = useState(false);
  const newest = learnware.versions.at(-1);
  const remove = useAction(async () => {
    await api.delete(`/learnwares/${learnware.id}`);
    forget('');
    setAsked(false);
    onChange();
  });
  if (!newest) return null;
  const name = nameOf(newest.semantic, learnware.id);
  return (
    <li className="panel">
      <div className="row">
        <h2 className="inline"><Link href={`/learnwares/${learnware.id}`}>{name}</Link></h2>
        <Status status={newest.status} />
        <Safety format={newest.format} />
        <span className="tag">{t(`visibility.${learnware.visibility}` as Key)}</span>
        <span className="spread" />
        <Link className="button small" href={`/submit?replaces=${learnware.id}`}>{t('manage.newVersion')}</Link>
        <button type="button" className="button small danger" onClick={() => setAsked(true)} aria-label={t('mine.delete', { name })}><Icon name="trash" size={16} />{t('manage.delete')}</button>
      </div>
      <p className="small faint"><code>{learnware.id}</code>, {t('learnware.versionN', { n: String(newest.version) })}, {bytes(newest.size_bytes)}, {ago(newest.submitted_at)}, {t('mine.downloads', { n: learnware.downloads })}</p>
      {learnware.taken_down ? <p className="bad">{t('learnware.takenDown')}: {learnware.taken_down}</p> : null}
      {isOpen(newest.status) ? <CheckWatch id={learnware.id} onDone={() => { forget(''); onChange(); }} /> : null}
      {newest.report && !isOpen(newest.status) ? (
        <details><summary>{t('learnware.check')} ({t('report.findings', { n: newest.report.findings.length })})</summary><Report report={newest.report} status={newest.status} /></details>
      ) : null}
      {asked ? <Confirm title={t('manage.deleteAsk')} action={t('manage.delete')} danger busy={remove.busy} error={remove.error} onConfirm={() => void remove.run()} onClose={() => setAsked(false)}><p><strong>{name}</strong></p><p>{t('manage.deleteWords')}</p></Confirm> : null}
    </li>
  );
}
