/** Which classes of other learnwares are this one's, kinds of them, or what they are kinds of. */
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { ClassOfOther, RelatedClass } from '../../api/types';
import { t } from '../../i18n';
import { useLoad } from '../../lib/load';

const SHOWN = 5;

export function Classes({ id }: { id: string }) {
  const found = useLoad(`classes/${id}`, (signal) => api.get<RelatedClass[]>(`/learnwares/${encodeURIComponent(id)}/classes`, {}, signal));
  // Most learnwares have none, so nothing stands in their place while they come.
  const related = found.data ?? [];
  if (related.length === 0) return null;
  return (
    <section className="stack">
      <h2>{t('classes.title')}</h2>
      <p className="small faint">{t('classes.words')}</p>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
        <table>
          <thead><tr><th scope="col">{t('classes.class')}</th><th scope="col">{t('classes.same')}</th><th scope="col">{t('classes.narrower')}</th><th scope="col">{t('classes.broader')}</th></tr></thead>
          <tbody>
            {related.map((own) => (
              <tr key={own.class}>
                <th scope="row">{own.name}</th>
                <td><Others classes={own.same} /></td>
                <td><Others classes={own.narrower} /></td>
                <td><Others classes={own.broader} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Others({ classes }: { classes: ClassOfOther[] }) {
  if (classes.length === 0) return <>–</>;
  return (
    <ul className="plain">
      {classes.slice(0, SHOWN).map((other) => <li key={`${other.id}/${other.class}`}>{other.name} <Link className="small" href={`/learnwares/${other.id}`}>{other.id}</Link></li>)}
      {classes.length > SHOWN ? <li className="small faint">{t('classes.more', { n: classes.length - SHOWN })}</li> : null}
    </ul>
  );
}
