/** Submit: a package or a bare model, its words, and the check as it goes on. */
import { useState } from 'react';
import { useSearch } from 'wouter';
import { api } from '../../api/client';
import type { Dimensions, Learnware, Organisation, Semantic, Statistical, Submitted } from '../../api/types';
import { bytes, number, t, vocabulary, type Key } from '../../i18n';
import { forget, useAction, useLoad } from '../../lib/load';
import { PACKAGE_BYTES_MAX, type Opened } from '../../lib/limits';
import { kindOf, nameOf } from '../../lib/specification';
import { theMaker } from '../../state/maker';
import type { ModelAnswers, ModelFile, ModelSays } from '../../wasm';
import { upload, type UploadProgress } from '../../lib/upload';
import { CheckWatch } from '../../ui/check-watch';
import { DataMaker, type MadeTask } from '../../ui/data-maker';
import { Drop } from '../../ui/drop';
import { Icon } from '../../ui/icons';
import { Safety } from '../../ui/learnware-parts';
import { NeedAccount } from '../../ui/need-account';
import { ErrorNote, Field, Note, PageHead } from '../../ui/parts';
import { Report } from '../../ui/check-report';
import { ApiError } from '../../api/client';
import { EMPTY, fromModel, fromSemantic, orderIsAssumed, toSemantic, withAnswers, wrong, type Fields } from './fields';
import { WordsForm } from './form';

export default function Submit() {
  const replaces = new URLSearchParams(useSearch()).get('replaces') ?? '';
  const title = replaces ? t('submit.titleVersion', { id: replaces }) : t('submit.title');
  return (
    <>
      <PageHead title={title}>{t('submit.what')}</PageHead>
      <NeedAccount keeps why={t('submit.why')}>{() => <Submission key={replaces} replaces={replaces} />}</NeedAccount>
    </>
  );
}

/** What reads zips, loaded when one is dropped. */
const thePackages = () => import('../../lib/package');

/** What was dropped: a package, or a model file that becomes one. */
type Source = { kind: 'package'; opened: Opened } | { kind: 'model'; file: File; format: string; says: ModelSays };

interface Made {
  specification: Statistical;
  input: Dimensions | undefined;
}

function Submission({ replaces }: { replaces: string }) {
  const [source, setSource] = useState<Source | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const [order, setOrder] = useState<ModelAnswers['order']>(null);
  const [fields, setFields] = useState<Fields>(EMPTY);
  const [seen, setSeen] = useState('public');
  const [tried, setTried] = useState(false);
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const [submitted, setSubmitted] = useState<Submitted | null>(null);
  const before = useLoad(replaces ? `learnware/${replaces}` : null, (signal) => api.get<Learnware>(`/learnwares/${encodeURIComponent(replaces)}`, {}, signal));

  const open = useAction(async (files: File[]) => {
    const file = files[0];
    if (!file) return;
    setSource(null);
    setMade(null);
    setTried(false);
    const old = before.data?.versions.at(-1)?.semantic ?? null;
    if (file.size > PACKAGE_BYTES_MAX) throw new Error(t('package.large'));
    const says = file.name.toLowerCase().endsWith('.zip') ? null : await (await theMaker()).model(file);
    if (says?.format) {
      setSource({ kind: 'model', file, format: says.format, says });
      setFields(fromModel(says, fromSemantic(old)));
      return;
    }
    const opened = await (await thePackages()).openPackage(file);
    if (opened.wrong.includes('package.notZip')) throw new Error(t(file.name.toLowerCase().endsWith('.zip') ? 'package.notZip' : 'package.unknownFile'));
    setSource({ kind: 'package', opened });
    setFields(fromSemantic(opened.semantic ?? old));
  });

  const submit = useAction(async () => {
    setTried(true);
    if (!source || Object.keys(wrong(fields)).length > 0) return;
    const zip = await zipOf(source, made, fields);
    const [visibility, organisation] = seen.split(':');
    const wish = replaces ? { replaces } : organisation ? { visibility, organisation: Number(organisation) } : { visibility };
    const answer = await upload(zip, wish, setProgress).finally(() => setProgress(null));
    forget('');
    setSubmitted(answer);
  });

  if (submitted) {
    return (
      <div className="stack medium">
        <Note tone="good" title={t('submit.taken', { id: submitted.id, version: String(submitted.version) })}><p>{t('submit.takenWords')}</p></Note>
        <CheckWatch id={submitted.id} onDone={() => forget('')} />
        <button type="button" className="button" onClick={() => { setSubmitted(null); setSource(null); setFields(EMPTY); }}>{t('submit.another')}</button>
      </div>
    );
  }
  const isReady = source?.kind === 'package' ? source.opened.wrong.length === 0 : source?.kind === 'model' && made !== null;
  return (
    <div className="stack medium">
      <Drop title={t('submit.drop')} hint={t('submit.dropHint')} accept=".zip,.onnx,.txt,.json" disabled={submit.busy} onFiles={(files) => void open.run(files)} />
      <ErrorNote error={open.error} title={t('submit.cantRead')} />
      {source ? <Dropped source={source} /> : null}
      {source?.kind === 'model' ? <TrainingData key={source.file.name} made={made} model={source} onMade={(next, kind, answers) => { setMade(next); setOrder(answers?.order ?? null); setFields((now) => ({ ...withAnswers(now, answers, source.says), data: kind })); }} /> : null}
      {isReady ? (
        <form className="stack" noValidate onSubmit={(event) => { event.preventDefault(); void submit.run(); }}>
          <section className="panel"><h2>{t('submit.words')}</h2><WordsForm fields={fields} onChange={setFields} showWrong={tried} dataKnown={made !== null} orderAssumed={source?.kind === 'model' && orderIsAssumed(fields, source.says)} order={order} /></section>
          {replaces ? null : <Audience value={seen} onChange={setSeen} />}
          {tried && Object.keys(wrong(fields)).length > 0 ? <p className="bad" role="alert">{t('submit.incomplete')}</p> : null}
          <Refused error={submit.error} />
          {progress ? <Sending progress={progress} /> : null}
          <button type="submit" className="button primary" disabled={submit.busy}><Icon name="upload" />{t('submit.go')}</button>
          <p className="small faint">{t('submit.next')}</p>
        </form>
      ) : null}
    </div>
  );
}

async function zipOf(source: Source, made: Made | null, fields: Fields): Promise<Blob> {
  if (source.kind === 'package') {
    const { file, semantic } = source.opened;
    const next = toSemantic(fields, semantic, undefined);
    // Same words, same bytes: the dock knows a package again that it was given before.
    return semantic && JSON.stringify(next) === JSON.stringify(toSemantic(fromSemantic(semantic), semantic, undefined)) ? file : (await thePackages()).withWords(file, next);
  }
  if (!made) throw new Error(t('submit.needsData'));
  return (await theMaker()).pack(source.file, source.format, made.specification, toSemantic(fields, null as Semantic | null, made.input));
}

function Dropped({ source }: { source: Source }) {
  if (source.kind === 'model') {
    return (
      <div className="stack tight">
        <div className="row"><Icon name="file" /><strong>{source.file.name}</strong><span className="faint">{bytes(source.file.size)}</span><Safety format={source.format} /></div>
        <p className="small good">{modelWords(source.says)}</p>
      </div>
    );
  }
  const { opened } = source;
  return (
    <div className="stack">
      <div className="row"><Icon name="file" /><strong>{opened.file.name}</strong><span className="faint">{t('package.files', { n: opened.files })}, {bytes(opened.file.size)}</span><Safety format={opened.format} /></div>
      {opened.wrong.length > 0 ? (
        <Note tone="bad" title={t('package.refused')} level={3}><ul>{opened.wrong.map((key) => <li key={key}>{t(key as Key)}</li>)}</ul></Note>
      ) : opened.semantic ? <p className="small good">{t('package.filled', { name: nameOf(opened.semantic) })}</p> : <p className="small careful">{t('package.noWords')}</p>}
    </div>
  );
}

/** What a model's file says, in one line. */
function modelWords(says: ModelSays): string {
  const inputs = t('submit.modelTakes', { shape: says.shape.length > 1 ? says.shape.join(' × ') : number(says.shape[0] ?? 0) });
  const task = says.task ? vocabulary('task', says.task) : t('submit.modelTaskUnknown');
  const outputs = says.outputs === null ? '' : t('submit.outputsKnown', { n: says.outputs });
  return [inputs, task, outputs].filter(Boolean).join(' · ');
}

/** A bare model needs a specification of what it was trained on. */
function TrainingData({ made, model, onMade }: { made: Made | null; model: ModelFile; onMade: (made: Made, kind: string, answers: ModelAnswers | null) => void }) {
  const take = ({ task, made: fresh }: MadeTask) => {
    const full = fresh ? (JSON.parse(new TextDecoder().decode(fresh.json)) as Statistical) : task.specification;
    const kind = { table: 'Table', text: 'Text', image: 'Image' }[kindOf(full)];
    const input = full.input ?? (task.columns.length > 0 ? { Dimension: task.columns.length, Description: Object.fromEntries(task.columns.map((name, place) => [String(place), name])) } : undefined);
    onMade({ specification: full, input }, kind, fresh?.answers ?? null);
  };
  return (
    <section className="panel">
      <h2>{t('submit.data')}</h2>
      <p>{t('submit.dataWords')}</p>
      {made ? <p className="good">{t('submit.dataMade', { n: made.specification.z.length })}</p> : <DataMaker published model={model} useWords={t('submit.useSpecification')} onReady={take} />}
    </section>
  );
}

function Audience({ value, onChange }: { value: string; onChange: (next: string) => void }) {
  const organisations = useLoad('organisations', (signal) => api.get<Organisation[]>('/organisations', {}, signal));
  return (
    <Field label={t('learnware.visibility')} hint={t('submit.visibilityHint')}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="public">{t('visibility.public')}</option>
          <option value="owner">{t('visibility.owner')}</option>
          {(organisations.data ?? []).map((entry) => <option key={entry.id} value={`organisation:${entry.id}`}>{t('visibility.in', { name: entry.name })}</option>)}
        </select>
      )}
    </Field>
  );
}

/** A refusal comes with a report: what is not sound, and what to do. */
function Refused({ error }: { error: unknown }) {
  const report = error instanceof ApiError ? (error.report as { findings?: unknown[] } | null) : null;
  return (
    <>
      <ErrorNote error={error} title={t('submit.refused')} />
      {report && Array.isArray(report.findings) ? <Report report={report as never} status="invalid" /> : null}
    </>
  );
}

function Sending({ progress }: { progress: UploadProgress }) {
  const words = t(`upload.${progress.stage}` as Key, { done: bytes(progress.done), total: bytes(progress.total) });
  return (
    <div className="stack tight">
      <p role="status">{words}</p>
      <progress className="visually-hidden" aria-label={words} max={progress.total} value={progress.done} />
      <div className="progress" aria-hidden="true"><div style={{ width: `${(progress.done / Math.max(1, progress.total)) * 100}%` }} /></div>
    </div>
  );
}
