import { api } from '../../api/client';
import type { DockInfo, LearnwarePage } from '../../api/types';
import { number, t, vocabulary, type Key } from '../../i18n';
import { useLoad } from '../../lib/load';
import { TimeSeries } from '../../pictures/charts';
import { ErrorNote, Skeleton } from '../../ui/parts';

/** Figures by day, as the server keeps them: names of series to their values. */
interface Figures {
  days: string[];
  series: Record<string, number[]>;
}

const FACETS = ['task', 'data', 'format', 'scenario'] as const;

/** How the dock does: over time, and what is in it. */
export function Overview() {
  const dock = useLoad('dock', (signal) => api.get<DockInfo>('/dock', {}, signal));
  const counts = useLoad('admin/facets', (signal) => api.get<LearnwarePage>('/learnwares', { facets: true, limit: 1 }, signal));
  const figures = useLoad('admin/figures', (signal) => api.get<Figures>('/admin/figures', {}, signal));
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
            <div className="figure"><b>{dock.data.version}</b><span>{t('overview.version')}</span></div>
          </div>
        ) : <Skeleton lines={1} height={4.5} />}
      </section>
      <section className="stack">
        <h2>{t('overview.time')}</h2>
        <ErrorNote error={figures.error} retry={figures.reload} />
        {figures.data ? (
          <div className="grid two">
            {Object.entries(figures.data.series).map(([name, values]) => {
              const points = values.map((value, place) => ({ at: figures.data?.days[place] ?? '', value }));
              const label = t(`figure.${name}` as Key);
              return <figure key={name} className="panel"><figcaption><strong>{label}</strong></figcaption><TimeSeries points={points} label={`${label}: ${points.slice(-7).map((point) => `${point.at} ${point.value}`).join(', ')}`} unit="" /></figure>;
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
                <table><tbody>{found.map(([word, count]) => <tr key={word}><th scope="row">{vocabulary(facet, word)}</th><td className="funnel-cell"><div className="funnel-bar" style={{ width: `${(count / most) * 100}%` }} /></td><td className="number">{number(count)}</td></tr>)}</tbody></table>
              </div>
            );
          })}
        </div>
      </section>
    </div>
  );
}
