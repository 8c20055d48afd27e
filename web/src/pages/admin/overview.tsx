import { Link } from 'wouter';
import { api } from '../../api/client';
import type { DockInfo, Figures, LearnwarePage } from '../../api/types';
import { number, t, vocabulary, type Key } from '../../i18n';
import { useLoad } from '../../lib/load';
import { TimeSeries } from '../../pictures/charts';
import { ErrorNote, Skeleton } from '../../ui/parts';

/** Series in their order. */
const SERIES = ['submitted', 'usable', 'non_usable', 'invalid', 'searches', 'downloads', 'requests', 'failures', 'accounts', 'deleted'] as const;
const DAYS = 30;

/** Values of a series for each of the last days, today last; days that the server leaves out had none. */
function series(figures: Figures, name: string, today = new Date()): { at: string; value: number }[] {
  const known = new Map(figures.days.map((entry) => [entry.day, entry.counts[name] ?? 0]));
  return Array.from({ length: DAYS }, (_, back) => {
    const at = new Date(today.getTime() - (DAYS - 1 - back) * 86_400_000).toISOString().slice(0, 10);
    return { at, value: known.get(at) ?? 0 };
  });
}

const FACETS = ['task', 'data', 'format', 'scenario'] as const;

/** How the dock does: over time, and what is in it. */
export function Overview() {
  const dock = useLoad('dock', (signal) => api.get<DockInfo>('/dock', {}, signal));
  const counts = useLoad('admin/facets', (signal) => api.get<LearnwarePage>('/learnwares', { facets: true, limit: 1 }, signal));
  const figures = useLoad('admin/figures', (signal) => api.get<Figures>('/admin/figures', { days: DAYS }, signal));
  return (
    <div className="stack loose">
      <ErrorNote error={dock.error ?? counts.error} retry={dock.reload} />
      <section className="stack">
        <h2>{t('overview.now')}</h2>
        {dock.data ? (
          <div className="figures">
            <div className="figure"><b>{number(dock.data.learnwares)}</b><span>{t('home.learnwares', { n: dock.data.learnwares })}</span></div>
            <div className="figure"><b>{number(dock.data.islands.length)}</b><span>{t('home.islands', { n: dock.data.islands.length })}</span></div>
            <div className="figure"><b>{number(dock.data.revision)}</b><span>{t('home.changes')}</span></div>
            {figures.data ? <div className="figure"><b>{number(figures.data.accounts)}</b><span>{t('overview.accounts', { n: figures.data.accounts })}</span></div> : null}
            {figures.data ? Object.entries(figures.data.jobs).map(([state, count]) => <div key={state} className="figure"><b>{number(count)}</b><span><Link href="/administration/queue">{t('overview.jobs', { state: t(`job.${state}` as Key) })}</Link></span></div>) : null}
            <div className="figure"><b>{dock.data.version}</b><span>{t('overview.version')}</span></div>
          </div>
        ) : <Skeleton lines={1} height={4.5} />}
      </section>
      <section className="stack">
        <h2>{t('overview.time')}</h2>
        <ErrorNote error={figures.error} retry={figures.reload} />
        {figures.data ? (
          <div className="grid two">
            {SERIES.map((name) => {
              const points = figures.data ? series(figures.data, name) : [];
              const sum = points.reduce((total, point) => total + point.value, 0);
              const label = t(`figure.${name}` as Key);
              return (
                <figure key={name} className="panel">
                  <h3>{label} <span className="faint">{t('overview.sum', { n: sum, days: DAYS })}</span></h3>
                  <TimeSeries points={points} label={`${label}: ${points.filter((point) => point.value > 0).slice(-7).map((point) => `${point.at} ${point.value}`).join(', ')}`} />
                </figure>
              );
            })}
          </div>
        ) : figures.error === undefined ? <Skeleton lines={4} /> : null}
      </section>
      <section className="stack">
        <h2>{t('overview.what')}</h2>
        <div className="grid two">
          {FACETS.map((facet) => {
            const found = Object.entries(counts.data?.facets[facet] ?? {}).sort((a, b) => b[1] - a[1]);
            const most = Math.max(1, ...found.map(([, count]) => count));
            return (
              <div key={facet} className="panel">
                <h3>{t(`facets.${facet}` as Key)}</h3>
                <table className="facet-bars"><tbody>{found.map(([word, count]) => <tr key={word}><th scope="row">{vocabulary(facet, word)}</th><td className="funnel-cell"><div className="funnel-bar" style={{ width: `${(count / most) * 100}%` }} /></td><td className="number">{number(count)}</td></tr>)}</tbody></table>
              </div>
            );
          })}
        </div>
      </section>
    </div>
  );
}
