/** A check as it goes on, and then what it found. */
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { CheckEvent } from '../api/types';
import { t, type Key } from '../i18n';
import { follow, type Outcome } from '../lib/events';
import { Report } from './check-report';
import { Icon } from './icons';
import { ErrorNote, Note } from './parts';

const STEPS = ['waiting', 'opening', 'specification', 'starting', 'model'] as const;

export function CheckWatch({ id, onDone }: { id: string; onDone?: (outcome: Outcome) => void }) {
  const [now, setNow] = useState<CheckEvent | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [gone, setGone] = useState(false);
  useEffect(() => {
    setOutcome(null);
    setError(null);
    return follow(id, {
      onCheck: setNow,
      onReport: (found) => { setOutcome(found); onDone?.(found); },
      onGone: () => setGone(true),
      onError: setError,
    });
    // A new function in `onDone` is no reason to connect again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id]);
  if (gone) return <Note tone="careful"><p>{t('watch.gone')}</p></Note>;
  return (
    <div className="stack">
      <Pipeline event={now} outcome={outcome} />
      <ErrorNote error={error} />
      {now?.failed_before && !outcome ? <p className="small careful">{t('watch.failedBefore')}</p> : null}
      {now?.job === 'dead' && !outcome ? <Note tone="bad" level={3} title={t('watch.dead')}><p>{t('watch.deadAdvice')}</p></Note> : null}
      {outcome ? (
        <>
          <Note tone={outcome.status === 'usable' ? 'good' : 'bad'} title={t(`status.${outcome.status}` as Key)} level={3}>
            {outcome.status === 'usable' ? <p><Link href={`/learnwares/${id}`}>{t('watch.look')}</Link></p> : <p>{t('watch.repair')} <Link href={`/submit?replaces=${id}`}>{t('watch.newVersion')}</Link></p>}
          </Note>
          {outcome.report ? <Report report={outcome.report} status={outcome.status} isOver /> : null}
        </>
      ) : null}
    </div>
  );
}

/** Where a check found what makes the learnware not usable; -1 where nothing does. */
function failedStep({ report }: Outcome): number {
  const of = { format: 'opening', semantic: 'specification', statistical: 'specification', model: 'model' } as const;
  const places = (report?.findings ?? []).filter((finding) => finding.severity === 'error').map((finding) => STEPS.indexOf(of[finding.stage as keyof typeof of]));
  return places.length > 0 ? Math.min(...places) : -1;
}

function Pipeline({ event, outcome }: { event: CheckEvent | null; outcome: Outcome | null }) {
  const doing = event?.doing ?? 'waiting';
  const failed = outcome ? failedStep(outcome) : -1;
  const current = failed >= 0 ? failed : outcome ? STEPS.length : Math.max(0, STEPS.indexOf(doing as (typeof STEPS)[number]));
  const words = outcome ? t('watch.ended') : event && doing === 'waiting' ? event.ahead > 0 ? t('watch.ahead', { n: event.ahead }) : t('watch.next') : t(`watch.${doing}` as Key);
  return (
    <div className="pipeline" role="group" aria-label={t('watch.title')}>
      <ol className="plain">
        {STEPS.map((step, place) => {
          const state = place < current ? 'done' : place === failed ? 'failed' : place === current ? 'now' : 'next';
          return (
            <li key={step} className={state} aria-current={state === 'now' ? 'step' : undefined}>
              <span className="dot">{state === 'done' ? <Icon name="check" size={14} /> : state === 'failed' ? <Icon name="error" size={14} /> : place + 1}</span>
              <span>{t(`watch.step.${step}` as Key)}</span>
            </li>
          );
        })}
      </ol>
      <p role="status" className="small faint">{words}</p>
    </div>
  );
}
