/** How the answer was found, what is proved, and who was near but is not used. */
import { Link } from 'wouter';
import type { SearchAnswer } from '../../api/types';
import { number, t } from '../../i18n';
import { nameOf } from '../../lib/specification';
import { certificate, meaning, reason, stages } from './words';

export function Explain({ answer }: { answer: SearchAnswer }) {
  const { explanation } = answer;
  const found = stages(answer);
  const most = Math.max(1, answer.funnel.total);
  return (
    <details className="panel explain">
      <summary><strong>{t('explain.title')}</strong></summary>
      <div className="stack">
        <section>
          <h3>{t('explain.how')}</h3>
          <table>
            <thead className="visually-hidden"><tr><th scope="col">{t('explain.count')}</th><th scope="col">{t('explain.share')}</th><th scope="col">{t('explain.stage')}</th></tr></thead>
            <tbody>
              {found.map((stage) => (
                <tr key={stage.name} className={stage.leftOut ? 'faint' : ''}>
                  <td className="number">{stage.leftOut ? '−' : ''}{number(stage.count)}</td>
                  <td className="funnel-cell"><div className={`funnel-bar ${stage.leftOut ? 'out' : ''}`} style={{ width: `${Math.max(1, (stage.count / most) * 100)}%` }} /></td>
                  <td>{stage.words}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {explanation ? (
          <>
            {explanation.left_out.length > 0 ? (
              <section>
                <h3>{t('explain.leftOut')}</h3>
                <ul>
                  {explanation.left_out.map((entry) => (
                    <li key={entry.id}><Link href={`/learnwares/${entry.id}`}>{nameOf(answer.learnwares[entry.id], entry.id)}</Link>: {reason(entry, answer)}</li>
                  ))}
                </ul>
              </section>
            ) : null}
            <section><h3>{t('explain.proved')}</h3>{certificate(answer, explanation).map((sentence) => <p key={sentence}>{sentence}</p>)}</section>
            <section><h3>{t('explain.meaning')}</h3>{meaning(answer, explanation).map((sentence) => <p key={sentence}>{sentence}</p>)}</section>
          </>
        ) : null}
      </div>
    </details>
  );
}
