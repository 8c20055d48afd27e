/** Trying a learnware whose model is data: it is fetched and evaluated in this page, the rows go nowhere. */
import { useState } from 'react';
import { address, ApiError } from '../../api/client';
import type { Learnware, Version } from '../../api/types';
import { bytes, number, t } from '../../i18n';
import { useAction } from '../../lib/load';
import { theMaker } from '../../state/maker';
import { Drop } from '../../ui/drop';
import { Icon } from '../../ui/icons';
import { ErrorNote } from '../../ui/parts';
import type { Predicted } from '../../wasm';

const SHOWN = 12;
/** Bytes of a package that is fetched into the page at most. */
const PACKAGE_MAX = 64_000_000;

export function Try({ learnware, version }: { learnware: Learnware; version: Version }) {
  const [answer, setAnswer] = useState<Predicted | null>(null);
  const [file, setFile] = useState('');
  const predict = useAction(async (files: File[]) => {
    setAnswer(null);
    setFile(files[0]?.name ?? '');
    const maker = await theMaker();
    await maker.open(files);
    const response = await fetch(address(`/learnwares/${learnware.id}/package`, { version: version.version }), { credentials: 'same-origin' });
    if (!response.ok) throw new ApiError(response.status, 'package', '');
    setAnswer(await maker.predict(new Uint8Array(await response.arrayBuffer())));
  });
  if (version.size_bytes > PACKAGE_MAX) return null;
  return (
    <section className="stack">
      <h2>{t('try.title')}</h2>
      <p>{t('try.words', { size: bytes(version.size_bytes) })}</p>
      <Drop title={t('try.drop')} hint={t('try.hint')} icon="play" multiple disabled={predict.busy} onFiles={(files) => void predict.run(files)} />
      {predict.busy ? <p role="status">{t('try.busy')}</p> : null}
      <ErrorNote error={predict.error} title={t('try.cant')} />
      {answer ? <Answer answer={answer} file={file} /> : null}
    </section>
  );
}

/** Four digits are enough to look at; the file has all. */
const short = (cell: string) => (/^-?\d*\.\d{5,}/.test(cell) ? String(Number(Number(cell).toPrecision(4))) : cell);

function Answer({ answer, file }: { answer: Predicted; file: string }) {
  const save = () => {
    const place = URL.createObjectURL(new Blob([answer.csv.slice()], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = place;
    link.download = 'predictions.csv';
    link.click();
    URL.revokeObjectURL(place);
  };
  return (
    <div className="stack" aria-live="polite">
      <div className="row">
        <strong>{t('try.done', { n: answer.rows.length, file, seconds: number(answer.seconds, 2) })}</strong>
        <button type="button" className="button small" onClick={save}><Icon name="download" />predictions.csv</button>
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('try.title')}>
        <table>
          <thead><tr>{answer.columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr></thead>
          <tbody>{answer.rows.slice(0, SHOWN).map((row, place) => <tr key={place}>{row.map((cell, at) => <td key={at}>{short(cell)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </div>
  );
}
