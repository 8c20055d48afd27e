/** The columns of a table: what each was taken for, and what its owner says instead. */
import { useState } from 'react';
import { number, t, type Key } from '../i18n';
import { Field } from './parts';
import type { DataPreview } from '#maker';

export interface ColumnChoice {
  drop: string[];
  labels: string;
  text: string;
  types: Record<string, 'number' | 'category'>;
}

const SHOWN = 40;

export function Columns({ preview, choice, onChange }: { preview: DataPreview; choice: ColumnChoice; onChange: (next: ColumnChoice) => void }) {
  const [all, setAll] = useState(false);
  const columns = all ? preview.columns : preview.columns.slice(0, SHOWN);
  const toggle = (name: string) =>
    onChange({ ...choice, drop: choice.drop.includes(name) ? choice.drop.filter((other) => other !== name) : [...choice.drop, name] });
  const used = preview.columns.filter((column) => !choice.drop.includes(column.name) && column.name !== choice.labels).length;
  return (
    <div className="stack">
      <div className="grid two">
        <Field label={t('columns.labels')} hint={t('columns.labelsHint')}>
          {(ids) => (
            <select {...ids} value={choice.labels} onChange={(event) => onChange({ ...choice, labels: event.target.value })}>
              <option value="">{t('columns.noLabels')}</option>
              {preview.columns.map((column) => <option key={column.name} value={column.name}>{column.name}</option>)}
            </select>
          )}
        </Field>
        {preview.kind === 'text' ? (
          <Field label={t('columns.text')} hint={t('columns.textHint')}>
            {(ids) => (
              <select {...ids} value={choice.text} onChange={(event) => onChange({ ...choice, text: event.target.value })}>
                {preview.columns.map((column) => <option key={column.name} value={column.name}>{column.name}</option>)}
              </select>
            )}
          </Field>
        ) : null}
      </div>
      {preview.kind === 'table' ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('columns.title')}>
          <table>
            <caption>{t('columns.caption', { used, n: preview.columns.length })}</caption>
            <thead><tr><th scope="col">{t('columns.use')}</th><th scope="col">{t('columns.name')}</th><th scope="col">{t('columns.kind')}</th><th scope="col" className="number">{t('columns.missing')}</th><th scope="col">{t('columns.examples')}</th></tr></thead>
            <tbody>
              {columns.map((column) => {
                const isLabels = column.name === choice.labels;
                const kind = choice.types[column.name] ?? column.kind;
                const canChoose = column.kind === 'number' || column.kind === 'category';
                return (
                  <tr key={column.name}>
                    <td><input type="checkbox" aria-label={t('columns.useOne', { name: column.name })} checked={!isLabels && !choice.drop.includes(column.name)} disabled={isLabels} onChange={() => toggle(column.name)} /></td>
                    <th scope="row">{column.name}{column.reason ? <div className="small faint">{column.reason}</div> : null}</th>
                    <td>
                      {canChoose ? (
                        <select className="small-select" aria-label={t('columns.kindOne', { name: column.name })} value={kind} onChange={(event) => onChange({ ...choice, types: { ...choice.types, [column.name]: event.target.value as 'number' | 'category' } })}>
                          <option value="number">{t('columns.kind.number')}</option>
                          <option value="category">{t('columns.kind.category')}</option>
                        </select>
                      ) : t(`columns.kind.${column.kind}` as Key)}
                    </td>
                    <td className="number">{column.missing > 0 ? number(column.missing) : '–'}</td>
                    <td className="faint">{column.examples.slice(0, 3).join(', ')}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : null}
      {preview.kind === 'table' && preview.columns.length > SHOWN ? (
        <button type="button" className="link" onClick={() => setAll(!all)}>{all ? t('columns.fewer') : t('columns.all', { n: preview.columns.length })}</button>
      ) : null}
    </div>
  );
}
