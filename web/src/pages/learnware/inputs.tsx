/** What goes into the model and what comes out, place by place. */
import { useState } from 'react';
import type { Column, Semantic } from '../../api/types';
import { list, number, t } from '../../i18n';

const SHOWN = 12;

export function InputsAndOutputs({ semantic }: { semantic: Semantic }) {
  const input = semantic.Input;
  const output = semantic.Output;
  if (!input && !output) return null;
  return (
    <section className="stack">
      <h2>{t('inputs.title')}</h2>
      <div className="grid inputs">
        {input ? (input.Columns ? <Columns columns={input.Columns} /> : <Places title={t('inputs.inputs', { n: input.Dimension })} words={input.Description ?? {}} />) : null}
        {output ? <Places title={t('inputs.outputs', { n: output.Dimension })} words={output.Description ?? {}} /> : null}
      </div>
    </section>
  );
}

function useShort<T>(all: T[]): [T[], React.ReactNode] {
  const [open, setOpen] = useState(false);
  const toggle = all.length > SHOWN ? <button type="button" className="link small" onClick={() => setOpen(!open)}>{open ? t('inputs.fewer') : t('inputs.all', { n: all.length })}</button> : null;
  return [open ? all : all.slice(0, SHOWN), toggle];
}

function Columns({ columns }: { columns: Column[] }) {
  const [shown, toggle] = useShort(columns);
  return (
    <div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('inputs.columns', { n: columns.length })}>
        <table>
          <caption>{t('inputs.columns', { n: columns.length })}</caption>
          <thead><tr><th scope="col">{t('columns.name')}</th><th scope="col">{t('columns.kind')}</th><th scope="col">{t('inputs.missing')}</th></tr></thead>
          <tbody>
            {shown.map((column, place) => (
              <tr key={place}>
                <th scope="row">{column.name}</th>
                <td>{column.kind === 'category' ? t('inputs.category', { values: list((column.values ?? []).slice(0, 6)), n: (column.values ?? []).length }) : t('columns.kind.number')}</td>
                <td className="faint">{missing(column)}</td>
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
