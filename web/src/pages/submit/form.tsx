/** The words of a submission: filled from the file, missing ones asked. */
import { useState } from 'react';
import { list, percent, t, vocabulary, type Key } from '../../i18n';
import { DATA, LIBRARIES, LICENSES, SCENARIOS, TASKS } from '../../lib/vocabulary';
import { Description } from '../../ui/learnware-parts';
import { Field, Note } from '../../ui/parts';
import type { ModelAnswers } from '../../wasm';
import { DESCRIPTION, NAME, wrong, type Fields } from './fields';

interface Props {
  fields: Fields;
  onChange: (next: Fields) => void;
  showWrong: boolean;
  /** Whether the kind of data is known from the specification. */
  dataKnown: boolean;
  /** The names of the classes are in the order of the labels' words, since the model does not say which is which. */
  orderAssumed: boolean;
  /** What the model's answers on labelled rows say of it. */
  order: ModelAnswers['order'];
}

export function WordsForm({ fields, onChange, showWrong, dataKnown, orderAssumed, order }: Props) {
  const [preview, setPreview] = useState(false);
  const found = showWrong ? wrong(fields) : {};
  const set = (change: Partial<Fields>) => onChange({ ...fields, ...change });
  const told = (name: keyof Fields) => (found[name] ? t(found[name] as Key) : null);
  const select = (name: 'data' | 'task' | 'library' | 'license', label: string, words: string[], kind: string, disabled = false) => (
    <Field label={label} wrong={told(name)}>
      {(ids) => (
        <select {...ids} value={fields[name]} disabled={disabled} onChange={(event) => set({ [name]: event.target.value })}>
          <option value="">{t('submit.choose')}</option>
          {words.map((word) => <option key={word} value={word}>{vocabulary(kind, word)}</option>)}
        </select>
      )}
    </Field>
  );
  return (
    <div className="stack">
      <Field label={t('submit.name')} hint={t('submit.nameHint', { min: NAME.min, max: NAME.max })} wrong={told('name')}>
        {(ids) => <input {...ids} value={fields.name} maxLength={NAME.max} onChange={(event) => set({ name: event.target.value })} />}
      </Field>
      <div>
        <Field label={t('submit.description')} hint={t('submit.descriptionHint', { max: DESCRIPTION.max })} wrong={told('description')}>
          {(ids) => <textarea {...ids} rows={6} value={fields.description} maxLength={DESCRIPTION.max} onChange={(event) => set({ description: event.target.value })} />}
        </Field>
        <button type="button" className="link small" onClick={() => setPreview(!preview)}>{preview ? t('submit.hidePreview') : t('submit.preview')}</button>
        {preview ? <div className="panel"><Description text={fields.description} /></div> : null}
      </div>
      <div className="grid two">
        {select('data', t('facets.data'), DATA, 'data', dataKnown)}
        {select('task', t('facets.task'), TASKS, 'task')}
        {select('license', t('facets.license'), LICENSES, 'license')}
        {select('library', t('facets.library'), LIBRARIES, 'library')}
      </div>
      <fieldset>
        <legend>{t('facets.scenario')}</legend>
        <div className="choices">
          {SCENARIOS.map((word) => (
            <label key={word} className="check-line">
              <input type="checkbox" checked={fields.scenarios.includes(word)} onChange={() => set({ scenarios: fields.scenarios.includes(word) ? fields.scenarios.filter((other) => other !== word) : [...fields.scenarios, word] })} />
              <span>{vocabulary('scenario', word)}</span>
            </label>
          ))}
        </div>
        {told('scenarios') ? <span className="wrong small bad">{told('scenarios')}</span> : null}
      </fieldset>
      {orderAssumed ? <ClassOrder names={fields.outputNames.split('\n')} order={order} /> : null}
      <details open={(orderAssumed && !order?.clear) || found.outputs !== undefined || undefined}>
        <summary>{t('submit.outputs')}{outputsKnown(fields)}</summary>
        <Field label={t('submit.outputNames')} hint={t('submit.outputNamesHint')}>
          {(ids) => <textarea {...ids} rows={4} value={fields.outputNames} onChange={(event) => set({ outputNames: event.target.value })} />}
        </Field>
        <Field label={t('submit.outputCount')} hint={t('submit.outputCountHint')} wrong={told('outputs')}>
          {(ids) => <input {...ids} type="number" min={0} max={100000} value={fields.outputs || ''} onChange={(event) => set({ outputs: Number(event.target.value) || 0 })} />}
        </Field>
      </details>
    </div>
  );
}

/** How many there are, and the first of their names, beside the title of the part. */
function outputsKnown(fields: Fields): string {
  const names = fields.outputNames.split('\n').filter((line) => line.trim());
  const count = Math.max(fields.outputs, names.length);
  if (count === 0) return '';
  return `: ${t('submit.outputsKnown', { n: count })}${names.length > 0 ? ` (${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''})` : ''}`;
}

/** Which class is which: as the model's answers say, or a question where they do not. */
function ClassOrder({ names, order }: { names: string[]; order: ModelAnswers['order'] }) {
  const listed = list(names.map((name, place) => `${place} = ${name}`));
  if (order?.clear) {
    return <Note tone="good" level={3} title={t('submit.classOrderFound')}><p>{t('submit.classOrderFoundWords', { names: listed, right: percent(order.right), n: order.rows })}</p></Note>;
  }
  return (
    <Note tone="careful" level={3} title={t('submit.classOrder')}>
      <p>{t('submit.classOrderWords', { names: listed })}</p>
      {order ? <p>{t('submit.classOrderUnclear', { right: percent(order.right), n: order.rows })}</p> : null}
    </Note>
  );
}
