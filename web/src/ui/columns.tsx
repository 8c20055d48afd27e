/** The columns of a table: what each was taken for, and what its owner says instead. */
import { useState } from 'react';
import { number, shortened, t, type Key } from '../i18n';
import { Field, Note } from './parts';
import { saidWords } from '../lib/said';
import type { DataPreview } from '../wasm';

export interface ColumnChoice {
  drop: string[];
  labels: string;
  text: string;
  types: Record<string, 'number' | 'category'>;
  /** Of a workbook; the first one when empty. */
  sheet: string;
  /** A column of a table whose values are texts, and the whole data; empty where the table is one of numbers and words. */
  asTexts: string;
  /** Height and width that every image gets; as they are when empty. */
  resize: string;
}

export const NO_CHOICE: ColumnChoice = { drop: [], labels: '', text: '', types: {}, sheet: '', asTexts: '', resize: '' };

const SHOWN = 40;

export function Columns({ preview, choice, onChange }: { preview: DataPreview; choice: ColumnChoice; onChange: (next: ColumnChoice) => void }) {
  const [all, setAll] = useState(false);
  const columns = all ? preview.columns : preview.columns.slice(0, SHOWN);
  const toggle = (name: string) =>
    onChange({ ...choice, drop: choice.drop.includes(name) ? choice.drop.filter((other) => other !== name) : [...choice.drop, name] });
  const takeTexts = (name: string) => onChange({ ...choice, asTexts: name, labels: choice.labels === name ? '' : choice.labels });
  const used = preview.columns.filter((column) => !choice.drop.includes(column.name) && column.name !== choice.labels).length;
  const texts = preview.columns.find((column) => column.kind === 'text');
  const isFirstSheet = !choice.sheet || choice.sheet === preview.sheets[0];
  if (preview.kind === 'image') return <Resize choice={choice} onChange={onChange} />;
  return (
    <div className="stack">
      {preview.sheets.length > 1 ? (
        <Field label={t('columns.sheet')} hint={isFirstSheet ? undefined : t('columns.sheetHint')}>
          {(ids) => <select {...ids} value={choice.sheet} onChange={(event) => onChange({ ...NO_CHOICE, sheet: event.target.value })}>{preview.sheets.map((sheet) => <option key={sheet}>{sheet}</option>)}</select>}
        </Field>
      ) : null}
      <div className="grid two" hidden={!isFirstSheet}>
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
      {choice.asTexts ? (
        <Note level={3} title={t('columns.areTexts', { name: choice.asTexts })}>
          <p>{t('columns.textHint')}</p>
          <button type="button" className="button small" onClick={() => onChange({ ...choice, asTexts: '' })}>{t('columns.notTexts')}</button>
        </Note>
      ) : preview.kind === 'table' && isFirstSheet && used === 0 ? <NothingUsed preview={preview} onTexts={takeTexts} /> : null}
      {preview.kind === 'table' && isFirstSheet && !choice.asTexts && used > 0 && texts ? (
        <Note level={3} title={t('columns.hasTexts', { name: texts.name })}>
          <p>{t('columns.hasTextsWords')}</p>
          <button type="button" className="button small" onClick={() => takeTexts(texts.name)}>{t('columns.takeTexts', { name: texts.name })}</button>
        </Note>
      ) : null}
      {preview.kind === 'table' && isFirstSheet && !choice.asTexts ? (
        <div className="scroll tall" tabIndex={0} role="group" aria-label={t('columns.title')}>
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
                    <th scope="row">{column.name}{column.reason ? <div className="small faint">{saidWords(column.reason)}</div> : null}</th>
                    <td>
                      {canChoose ? (
                        <select className="small-select" aria-label={t('columns.kindOne', { name: column.name })} value={kind} onChange={(event) => onChange({ ...choice, types: { ...choice.types, [column.name]: event.target.value as 'number' | 'category' } })}>
                          <option value="number">{t('columns.kind.number')}</option>
                          <option value="category">{t('columns.kind.category')}</option>
                        </select>
                      ) : t(`columns.kind.${column.kind}` as Key)}
                      {isWords(column) ? <button type="button" className="link small nowrap" onClick={() => takeTexts(column.name)}>{t('columns.asTexts')}</button> : null}
                    </td>
                    <td className="number">{column.missing > 0 ? number(column.missing) : '–'}</td>
                    <td className="faint">{column.examples.slice(0, 3).map(shortened).join(', ')}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : null}
      {preview.kind === 'table' && !choice.asTexts && preview.columns.length > SHOWN ? (
        <button type="button" className="link" onClick={() => setAll(!all)}>{all ? t('columns.fewer') : t('columns.all', { n: preview.columns.length })}</button>
      ) : null}
    </div>
  );
}

/** Whether a column's values may be texts. */
function isWords(column: DataPreview['columns'][number]): boolean {
  return column.kind === 'text' || column.kind === 'identifier' || column.kind === 'category';
}

/** No column can be taken as numbers or words: texts may be what is meant. */
function NothingUsed({ preview, onTexts }: { preview: DataPreview; onTexts: (name: string) => void }) {
  const texts = preview.columns.filter(isWords);
  return (
    <Note tone="careful" level={3} title={t('columns.noneUsed')}>
      <p>{t(texts.length > 0 ? 'columns.noneUsedTexts' : 'columns.noneUsedWords')}</p>
      <div className="row">{texts.slice(0, 5).map((column) => <button key={column.name} type="button" className="button small" onClick={() => onTexts(column.name)}>{t('columns.takeTexts', { name: column.name })}</button>)}</div>
    </Note>
  );
}

function Resize({ choice, onChange }: { choice: ColumnChoice; onChange: (next: ColumnChoice) => void }) {
  return (
    <Field label={t('columns.resize')} hint={t('columns.resizeHint')}>
      {(ids) => <input {...ids} pattern="\d+x\d+" placeholder="32x32" value={choice.resize} onChange={(event) => onChange({ ...choice, resize: event.target.value })} />}
    </Field>
  );
}
