/** Other learnwares whose training data resembled this one's. */
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { SearchAnswer, Version } from '../../api/types';
import { decimal, percentile, t } from '../../i18n';
import { useLoad } from '../../lib/load';
import { nameOf } from '../../lib/specification';
import { ErrorNote, Skeleton } from '../../ui/parts';

const SHOWN = 5;

export function Similar({ id, version }: { id: string; version: Version }) {
  const specification = version.statistical[0];
  const found = useLoad(specification ? `similar/${id}/${version.version}` : null, (signal) =>
    api.post<SearchAnswer>('/search', { statistical: [specification], exclude: [id], mixture: 'none', limit: SHOWN }, { signal }),
  );
  if (!specification) return null;
  return (
    <section className="stack">
      <h2>{t('similar.title')}</h2>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data ? (found.error === undefined ? <Skeleton lines={3} /> : null) : found.data.single.length === 0 ? <p className="faint">{t('similar.none')}</p> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table>
            <caption>{t('similar.caption')}</caption>
            <thead><tr><th scope="col">{t('similar.name')}</th><th scope="col" className="number">{t('results.distance')}</th><th scope="col" className="number">{t('results.percentile')}</th></tr></thead>
            <tbody>
              {found.data.single.map((single) => (
                <tr key={single.id}>
                  <th scope="row"><Link href={`/learnwares/${single.id}`}>{nameOf(found.data?.learnwares[single.id], single.id)}</Link></th>
                  <td className="number">{decimal(single.distance)}</td>
                  <td className="number">{percentile(single.percentile)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
