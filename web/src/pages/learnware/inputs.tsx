/** What goes into the model and what comes out, place by place. */
import { useMemo, useState } from 'react';
import type { Column, Semantic, Statistical } from '../../api/types';
import { list, number, percent, t } from '../../i18n';
import { histogram, range } from '../../lib/shift';
import { kindOf, points, widthOf, type Points } from '../../lib/specification';
import { Histogram } from '../../pictures/charts';

const SHOWN = 12;

export function InputsAndOutputs({ semantic, specification }: { semantic: Semantic; specification: Statistical | undefined }) {
  const known = useMemo(() => (specification && kindOf(specification) === 'table' ? points(specification) : null), [specification]);
  const input = semantic.Input;
  const output = semantic.Output;
  if (!input && !output) return null;
  return (
    <section className="stack">
      <h2>{t('inputs.title')}</h2>
      <div className="grid inputs">
        {input ? (input.Columns ? <Columns columns={input.Columns} known={known} /> : <Places title={t('inputs.inputs', { n: input.Dimension })} words={input.Description ?? {}} />) : null}
        {output ? <Places title={t('inputs.outputs', { n: output.Dimension })} words={output.Description ?? {}} /> : null}
      </div>
    </section>
  );
}

function useShort<T>(all: T[]): [T[], React.ReactNode] {
  const [open, setOpen] = useState(false);
  const toggle = all.length > SHOWN + 1 ? <button type="button" className="link small" onClick={() => setOpen(!open)}>{open ? t('inputs.fewer') : t('inputs.all', { n: all.length })}</button> : null;
  return [open || all.length <= SHOWN + 1 ? all : all.slice(0, SHOWN), toggle];
}

/** Where each column begins among the inputs: categories that became one input for each word take several. */
function starts(columns: Column[]): number[] {
  let next = 0;
  return columns.map((column) => {
    const start = next;
    next += widthOf(column);
    return start;
  });
}

/** What the training data were like in one column, from the specification's points. */
function Spread({ column, start, known }: { column: Column; start: number; known: Points }) {
  if (column.encoding === 'one_hot') {
    const shares = (column.values ?? []).map((word, place) => ({ word, share: mean(known, start + place) })).sort((a, b) => b.share - a.share);
    return <span className="small">{list(shares.slice(0, 3).map(({ word, share }) => `${word} ${percent(Math.max(0, Math.min(1, share)))}`))}</span>;
  }
  const [low, high] = range([known], start);
  if (!(high > low)) return <span className="small faint">{t('inputs.constant', { value: number(low, 4) })}</span>;
  return <Histogram bars={histogram(known, start, low, high)} low={low} high={high} label={t('inputs.spread', { name: column.name, low: number(low, 3), mean: number(mean(known, start), 3), high: number(high, 3) })} />;
}

function mean(known: Points, column: number): number {
  const total = known.weights.reduce((sum, weight) => sum + weight, 0) || 1;
  return known.rows.reduce((sum, row, place) => sum + known.weights[place]! * (row[column] ?? 0), 0) / total;
}

function Columns({ columns, known }: { columns: Column[]; known: Points | null }) {
  const places = starts(columns);
  const [shown, toggle] = useShort(columns);
  return (
    <div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('inputs.columns', { n: columns.length })}>
        <table>
          <caption>{t('inputs.columns', { n: columns.length })}</caption>
          <thead><tr><th scope="col">{t('columns.name')}</th><th scope="col">{t('columns.kind')}</th><th scope="col">{t('inputs.missing')}</th>{known ? <th scope="col">{t('inputs.training')}</th> : null}</tr></thead>
          <tbody>
            {shown.map((column, place) => (
              <tr key={place}>
                <th scope="row">{column.name}</th>
                <td>{column.kind === 'category' ? t('inputs.category', { values: list((column.values ?? []).slice(0, 6)), n: (column.values ?? []).length }) : t('columns.kind.number')}</td>
                <td className="faint">{missing(column)}</td>
                {known ? <td className="spread-cell"><Spread column={column} start={places[place] ?? 0} known={known} /></td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {toggle}
    </div>
  );
}

function missing(column: Column): string {
  if (typeof column.missing === 'object') return t('inputs.fill', { value: number(column.missing.fill, 4) });
  return t(`inputs.missing.${column.missing}`);
}

function Places({ title, words }: { title: string; words: Record<string, string> }) {
  const isCounting = Object.entries(words).every(([place, word]) => place === word);
  if (isCounting && Object.keys(words).length > 0) return <p className="small">{title}: {t('inputs.counting', { last: String(Object.keys(words).length - 1) })}</p>;
  return <Listed title={title} words={words} />;
}

function Listed({ title, words }: { title: string; words: Record<string, string> }) {
  const all = Object.entries(words).sort((a, b) => Number(a[0]) - Number(b[0]));
  const [shown, toggle] = useShort(all);
  return (
    <div>
      <table>
        <caption>{title}</caption>
        <thead><tr><th scope="col">{t('inputs.place')}</th><th scope="col">{t('inputs.meaning')}</th></tr></thead>
        <tbody>{shown.map(([place, word]) => <tr key={place}><td>{place}</td><td>{word}</td></tr>)}</tbody>
      </table>
      {all.length === 0 ? <p className="small faint">{t('inputs.undescribed')}</p> : null}
      {toggle}
    </div>
  );
}
