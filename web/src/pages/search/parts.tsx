/** Learnwares that take a part of the user's columns, and the offer to look for them: it sends the names of the columns. */
import { Link } from 'wouter';
import type { SearchAnswer } from '../../api/types';
import { decimal, list, percent, t } from '../../i18n';
import { nameOf } from '../../lib/specification';
import { columnsOf, type Task } from '../../state/task';
import { Note } from '../../ui/parts';

/** Names shown of a learnware's columns; the others are counted. */
const COLUMNS_SHOWN = 8;

export function Parts({ answer, task }: { answer: SearchAnswer; task: Task }) {
  const parts = answer.parts ?? [];
  if (parts.length === 0) return null;
  const own = columnsOf(task);
  // With many columns nothing is told of coverage.
  const hasCoverage = parts.some((part) => part.covered !== null);
  const named = (place: number) => own[place] || String(place + 1);
  const taken = (places: number[]) => {
    const unused = own.flatMap((_, place) => (places.includes(place) ? [] : [named(place)]));
    if (unused.length < Math.min(places.length, COLUMNS_SHOWN / 2)) return t('parts.allBut', { names: list(unused) });
    const names = places.slice(0, COLUMNS_SHOWN).map(named);
    const more = places.length - names.length;
    return list(more > 0 ? [...names, t('parts.more', { n: more })] : names);
  };
  return (
    <section className="panel stack">
      <h2>{t('parts.title')}</h2>
      <p>{t('parts.words')}</p>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
        <table>
          <thead><tr><th scope="col">{t('parts.learnware')}</th><th scope="col">{t('parts.takes', { all: own.length })}</th><th scope="col" className="number">{t('results.distance')}</th>{hasCoverage ? <th scope="col" className="number">{t('results.covers')}</th> : null}</tr></thead>
          <tbody>
            {parts.map((part) => (
              <tr key={part.id}>
                <th scope="row"><Link href={`/learnwares/${part.id}`}>{nameOf(answer.learnwares[part.id], part.id)}</Link> <span className="tag careful">{t('parts.tag', { n: part.columns.length, of: own.length })}</span></th>
                <td>{taken(part.columns)}</td>
                <td className="number">{decimal(part.distance)}</td>
                {hasCoverage ? <td className="number">{percent(part.covered)}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="small faint">{t('parts.use', { id: parts[0]?.id ?? '' })}</p>
    </section>
  );
}

/** Where learnwares take fewer columns than the data has, some may take a part of them; the dock can tell by the names alone. */
export function PartsOffer({ answer, task, isOn, onLook }: { answer: SearchAnswer; task: Task; isOn: boolean; onLook: () => void }) {
  const dimension = answer.island?.kind === 'table' ? answer.island.dimension ?? 0 : 0;
  const narrower = answer.funnel.other_islands.filter(({ island }) => island.kind === 'table' && (island.dimension ?? dimension) < dimension);
  const count = narrower.reduce((sum, { learnwares }) => sum + learnwares, 0);
  const isNamed = columnsOf(task).some((name) => name !== '');
  if (count === 0 || answer.world || !isNamed) return null;
  if (isOn) return (answer.parts ?? []).length === 0 ? <p className="small faint">{t('parts.none', { n: count })}</p> : null;
  return (
    <Note title={t('parts.offer', { n: count })} level={3}>
      <p>{t('parts.offerWords')}</p>
      <button type="button" className="button small" onClick={onLook}>{t('parts.look')}</button>
    </Note>
  );
}
