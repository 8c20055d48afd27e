/** From files to a specification, on this machine: read, look at the columns, make, see what it tells. */
import { useRef, useState } from 'react';
import { ErrorNote } from './parts';
import { Notes } from './notes';
import { Drop } from './drop';
import { Icon } from './icons';
import { Columns, NO_CHOICE, type ColumnChoice } from './columns';
import { Made } from './made';
import { bytes, t, type Key } from '../i18n';
import { useAction } from '../lib/load';
import { read } from '../lib/specification';
import { theMaker } from '../state/maker';
import type { Task } from '../state/task';
import type { Statistical } from '../api/types';
import type { DataPreview, GenerateChoices, MadeSpecification, ModelFile, ModelSays, Progress } from '../wasm';

const ACCEPT = '.csv,.tsv,.txt,.parquet,.xlsx,.ods,.json,.pth,.pt,.jsonl,.npz,.npy,.zip,.png,.jpg,.jpeg,.gif,.bmp,.webp';

export interface MadeTask {
  task: Task;
  made: MadeSpecification | null;
  preview: DataPreview | null;
  choices: GenerateChoices;
}

interface Props {
  /** Gets the specification when its owner wants to use it. */
  onReady: (made: MadeTask) => void;
  useWords: string;
  compact?: boolean;
  /** It goes into a learnware for all to see. */
  published?: boolean;
  /** The model that the data trained. */
  model?: ModelFile;
}

export function DataMaker({ onReady, useWords, compact, published, model }: Props) {
  const [preview, setPreview] = useState<DataPreview | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [choice, setChoice] = useState<ColumnChoice>(NO_CHOICE);
  const [ready, setReady] = useState<MadeTask | null>(null);

  const dropped = useRef<File[]>([]);

  const open = useAction(async (files: File[], charset?: string) => {
    dropped.current = files;
    setReady(null);
    setPreview(null);
    const first = files[0];
    if (!first) return;
    if (files.length === 1 && first.name.toLowerCase().endsWith('.json')) {
      const known = await specificationFile(first);
      if (known) return onReady({ task: known, made: null, preview: null, choices: {} });
    }
    if (/\.(onnx|pkl|joblib|safetensors|h5|cbm|bst)$/i.test(first.name)) throw new Error(t('maker.isModel', { name: first.name }));
    const maker = await theMaker();
    if (files.length === 1 && /\.pth?$/i.test(first.name)) {
      const known = await maker.read(new Uint8Array(await first.arrayBuffer()));
      return onReady({ task: taskOf(first.name, known), made: null, preview: null, choices: {} });
    }
    const found = await maker.open(files, setProgress, charset).finally(() => setProgress(null));
    setChoice(firstChoice(found, model?.says));
    setPreview(found);
  });

  const generate = useAction(async () => {
    if (!preview) return;
    const choices = choicesOf(choice, preview);
    const maker = await theMaker();
    const made = await maker.generate(choices, setProgress, model).finally(() => setProgress(null));
    setReady({ task: taskOf(preview.name, made), made, preview, choices });
  });

  const busy = open.busy || generate.busy;
  return (
    <div className="stack">
      {preview === null || compact === false ? (
        <Drop title={t('maker.drop')} hint={t('maker.dropHint')} accept={ACCEPT} multiple disabled={busy} onFiles={(files) => void open.run(files)} />
      ) : null}
      <ErrorNote error={open.error} title={t('maker.cantRead')} />
      {isAboutCharset(open.error) ? <CharsetChoice onChoose={(charset) => void open.run(dropped.current, charset)} /> : null}
      {busy && progress ? <Working progress={progress} onStop={() => void theMaker().then((maker) => maker.cancel())} /> : busy ? <Working progress={null} onStop={null} /> : null}
      {preview && !ready ? (
        <>
          <div className="row">
            <Icon name={preview.kind === 'image' ? 'image' : preview.kind === 'text' ? 'text' : 'table'} />
            <strong>{preview.name}</strong>
            <span className="faint">{t(`maker.rows.${preview.kind}` as Key, { n: preview.rows })}</span>
            <span className="spread" />
            <button type="button" className="button small" onClick={() => setPreview(null)}>{t('maker.otherFile')}</button>
          </div>
          <Notes notes={preview.notes} />
          {preview.columns.length > 0 || preview.kind === 'image' ? <Columns preview={preview} choice={choice} onChange={setChoice} /> : null}
          <ErrorNote error={generate.error} title={t('maker.cantMake')} />
          <button type="button" className="button primary" disabled={busy || nothingIsUsed(preview, choice)} onClick={() => void generate.run()}>{t('maker.make')}</button>
          <p className="small faint">{t(published ? 'maker.published' : 'maker.stays')}</p>
        </>
      ) : null}
      {ready?.made && preview ? (
        <Made made={ready.made} name={preview.name} useWords={useWords} published={published ?? false} onUse={() => onReady(ready)} onBack={() => setReady(null)} />
      ) : null}
    </div>
  );
}

/** What is left out at first. A model that names its columns says which are inputs; the only other one is the labels. */
function firstChoice(found: DataPreview, model: ModelSays | undefined): ColumnChoice {
  const names = found.columns.map((column) => column.name);
  const text = found.columns.find((column) => column.kind === 'text')?.name ?? '';
  const inputs = (model?.columns ?? []).map(plain);
  const isNamed = inputs.length > 0 && inputs.every((input) => names.some((name) => plain(name) === input));
  if (!isNamed) return { ...NO_CHOICE, drop: found.columns.filter((column) => !column.used).map((column) => column.name), text };
  const others = names.filter((name) => !inputs.includes(plain(name)));
  const labels = others.length === 1 ? others[0] ?? '' : '';
  return { ...NO_CHOICE, drop: others.filter((name) => name !== labels), labels, text };
}

/** Nothing can be made of a table none of whose columns is taken. */
function nothingIsUsed(preview: DataPreview, choice: ColumnChoice): boolean {
  if (preview.kind !== 'table' || choice.asTexts || (choice.sheet && choice.sheet !== preview.sheets[0])) return false;
  return preview.columns.every((column) => choice.drop.includes(column.name) || column.name === choice.labels);
}

/** A name without what libraries change in it: LightGBM writes underscores for blanks. */
function plain(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, '_');
}

function choicesOf(choice: ColumnChoice, preview: DataPreview): GenerateChoices {
  const choices: GenerateChoices = {};
  const size = /^(\d+)\s*[x×]\s*(\d+)$/.exec(choice.resize.trim());
  if (size) choices.resize = [Number(size[1]), Number(size[2])];
  if (choice.sheet && choice.sheet !== preview.sheets[0]) return { ...choices, sheet: choice.sheet };
  if (preview.kind === 'table') choices.drop = choice.drop.filter((name) => name !== choice.labels);
  if (Object.keys(choice.types).length > 0) choices.types = choice.types;
  if (choice.labels) choices.labels = choice.labels;
  if (preview.kind === 'text' && choice.text) choices.text = choice.text;
  if (choice.asTexts) choices.text = choice.asTexts;
  return choices;
}

function isAboutCharset(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'not-utf8' || code === 'not-encoded';
}

/** Encodings of texts that are not UTF-8, as their labels; each with who writes them. */
const CHARSETS = ['gb18030', 'utf-16le', 'big5', 'windows-1252', 'shift_jis', 'euc-kr', 'windows-1251'] as const;

/** What a text is encoded in is for a person to say: other encodings read as other characters. */
function CharsetChoice({ onChoose }: { onChoose: (charset: string) => void }) {
  const [charset, setCharset] = useState<string>(CHARSETS[0]);
  return (
    <div className="stack tight">
      <label className="field"><span className="label">{t('charset.title')}</span>
        <select value={charset} onChange={(event) => setCharset(event.target.value)}>
          {CHARSETS.map((label) => <option key={label} value={label}>{t(`charset.${label}` as Key)}</option>)}
        </select>
      </label>
      <div className="row"><button type="button" className="button" onClick={() => onChoose(charset)}>{t('charset.read')}</button></div>
    </div>
  );
}

function Working({ progress, onStop }: { progress: Progress | null; onStop: (() => void) | null }) {
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const words = progress ? t(`maker.stage.${progress.stage}` as Key) : t('maker.starting');
  return (
    <div className="stack tight" role="status">
      <div className="row"><span>{words}</span><span className="spread" />{onStop ? <button type="button" className="button small" onClick={onStop}>{t('action.cancel')}</button> : null}</div>
      <div className="progress" role="progressbar" aria-label={words} aria-valuenow={Math.round(share * 100)} aria-valuemin={0} aria-valuemax={100}><div style={{ width: `${share * 100}%` }} /></div>
    </div>
  );
}

export function taskOf(name: string, made: MadeSpecification): Task {
  // The file says how columns became inputs; searches send none of that.
  const specification = JSON.parse(new TextDecoder().decode(made.json)) as Statistical;
  return { name, specification, rows: made.rows, bytes: made.bytes, columns: made.columns };
}

/** A specification that somebody made before: a stat file of any kind of the reference. `null` where the file is other JSON. */
async function specificationFile(file: File): Promise<Task | null> {
  const text = await file.text();
  if (!/"z"\s*:/.test(text) || !/"beta"\s*:/.test(text)) return null;
  try {
    const specification = read(text);
    const columns = (specification.input?.Columns ?? []).map((column) => column.name);
    return { name: file.name, specification, rows: specification.num_points ?? 0, bytes: file.size, columns };
  } catch (error) {
    const word = error instanceof Error ? error.message : '';
    throw new Error(t(`maker.json.${word}` as Key), { cause: error });
  }
}

/** What is known of a task, in one line. */
export function taskWords(task: Task): string {
  const size = task.specification.z.length;
  const rows = task.rows > 0 ? t('maker.ofRows', { n: task.rows }) : '';
  return t('maker.points', { n: size, size: bytes(task.bytes), rows }).trim() + (task.columns.length ? ` · ${t('maker.columns', { n: task.columns.length })}` : '');
}

