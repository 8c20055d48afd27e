/**
 * Trying a learnware. A model that is data, or was written so, is fetched and evaluated in this page, the rows go nowhere; one
 * that is code only runs at the server, where its operator allows it.
 */
import { useState } from 'react';
import { address, api, ApiError, send } from '../../api/client';
import type { DockInfo, Learnware, Predictions, Version } from '../../api/types';
import { bytes, number, shortened, t } from '../../i18n';
import { useAction, useLoad } from '../../lib/load';
import { theMaker } from '../../state/maker';
import { Drop } from '../../ui/drop';
import { Icon } from '../../ui/icons';
import { ErrorNote } from '../../ui/parts';
import type { Predicted } from '../../wasm';

const SHOWN = 12;
/** Bytes of a package that is fetched into the page at most. */
const PACKAGE_MAX = 64_000_000;

interface Tried {
  learnware: Learnware;
  version: Version;
}

export function Try({ learnware, version }: Tried) {
  const converted = version.data?.state === 'converted' ? version.data : null;
  const isCode = version.format === 'python' && !converted;
  const dock = useLoad(isCode ? 'dock' : null, (signal) => api.get<DockInfo>('/dock', {}, signal));
  if (!isCode) {
    const size = (converted ?? version).size_bytes;
    return size > PACKAGE_MAX ? null : <TryInPage learnware={learnware} version={version} size={size} form={converted ? 'data' : undefined} />;
  }
  const rows = dock.data?.try_rows;
  return rows ? <TryAtServer learnware={learnware} version={version} rows={rows} /> : null;
}

function TryAtServer({ learnware, version, rows }: Tried & { rows: number }) {
  const predict = async (files: File[]): Promise<Predicted> => {
    const [file] = files;
    if (!file) throw new Error(t('try.hint'));
    const begun = performance.now();
    const response = await send('POST', `/learnwares/${learnware.id}/predictions`, { query: { name: file.name, version: version.version }, raw: file });
    const { columns, rows: cells } = (await response.json()) as Predictions;
    const csv = new TextEncoder().encode([columns, ...cells].map((row) => `${row.map(quoted).join(',')}\n`).join(''));
    return { columns, rows: cells, csv, seconds: (performance.now() - begun) / 1000 };
  };
  return <Trial words={t('try.serverWords', { n: rows })} predict={predict} />;
}

/** A cell of a CSV file. */
const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

function TryInPage({ learnware, version, size, form }: Tried & { size: number; form: 'data' | undefined }) {
  const predict = async (files: File[]): Promise<Predicted> => {
    const maker = await theMaker();
    await maker.open(files);
    const response = await fetch(address(`/learnwares/${learnware.id}/package`, { version: version.version, form }), { credentials: 'same-origin' });
    if (!response.ok) throw new ApiError(response.status, 'package', '');
    return maker.predict(new Uint8Array(await response.arrayBuffer()));
  };
  return <Trial words={t('try.words', { size: bytes(size) })} predict={predict} />;
}

function Trial({ words, predict: ask }: { words: string; predict: (files: File[]) => Promise<Predicted> }) {
  const [answer, setAnswer] = useState<Predicted | null>(null);
  const [file, setFile] = useState('');
  const predict = useAction(async (files: File[]) => {
    setAnswer(null);
    setFile(files[0]?.name ?? '');
    setAnswer(await ask(files));
  });
  return (
    <section className="stack">
      <h2>{t('try.title')}</h2>
      <p>{words}</p>
      <Drop title={t('try.drop')} hint={t('try.hint')} icon="play" multiple disabled={predict.busy} onFiles={(files) => void predict.run(files)} />
      {predict.busy ? <p role="status">{t('try.busy')}</p> : null}
      <ErrorNote error={predict.error} title={t('try.cant')} />
      {answer ? <Answer answer={answer} file={file} /> : null}
    </section>
  );
}

/** Lines of a file. */
const lines = (bytes: Uint8Array) => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);

function Answer({ answer, file }: { answer: Predicted; file: string }) {
  const save = () => {
    const place = URL.createObjectURL(new Blob([answer.csv.slice()], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = place;
    link.download = 'predictions.csv';
    link.click();
    URL.revokeObjectURL(place);
  };
  // Numbers stand at the right; the file has all their digits.
  const styles = answer.columns.map((_, at) => (answer.rows.every((row) => Number.isFinite(Number(row[at]))) ? 'number' : undefined));
  return (
    <div className="stack" aria-live="polite">
      <div className="row">
        <strong>{t('try.done', { n: Math.max(answer.rows.length, lines(answer.csv) - 1), file, seconds: number(answer.seconds, 2) })}</strong>
        <button type="button" className="button small" onClick={save}><Icon name="download" />predictions.csv</button>
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('try.title')}>
        <table>
          <thead><tr>{answer.columns.map((column, at) => <th key={column} scope="col" className={styles[at]}>{column}</th>)}</tr></thead>
          <tbody>{answer.rows.slice(0, SHOWN).map((row, place) => <tr key={place}>{row.map((cell, at) => <td key={at} className={styles[at]}>{shortened(cell)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </div>
  );
}
