import { useRef, useState } from 'react';
import { api, send } from '../../api/client';
import type { Dataset } from '../../api/types';
import { ago, bytes, t } from '../../i18n';
import { useAction, useLoad } from '../../lib/load';
import { Empty, ErrorNote, Skeleton } from '../../ui/parts';

/** Benchmark files beside the learnwares: list, download, add, remove. */
export function Datasets() {
  const list = useLoad('datasets', (signal) => api.get<Dataset[]>('/datasets', {}, signal));
  const [folder, setFolder] = useState('');
  // The one whose removal was asked for once.
  const [asked, setAsked] = useState('');
  const file = useRef<HTMLInputElement>(null);
  const add = useAction(async () => {
    const picked = file.current?.files?.[0];
    if (!picked) return;
    await send('PUT', `/datasets/${encodeURIComponent(folder)}/${encodeURIComponent(picked.name)}`, { raw: picked });
    if (file.current) file.current.value = '';
    list.reload();
  });
  const remove = useAction(async (one: Dataset) => {
    await api.delete(`/datasets/${encodeURIComponent(one.folder)}/${encodeURIComponent(one.file)}`);
    list.reload();
  });
  return (
    <div className="stack">
      <p className="medium">{t('datasets.words')}</p>
      <form className="row" onSubmit={(event) => { event.preventDefault(); void add.run(); }}>
        <label className="field"><span>{t('datasets.folder')}</span><input required pattern="[^\/\\]+" value={folder} onChange={(event) => setFolder(event.target.value)} /></label>
        <label className="field"><span>{t('datasets.file')}</span><input ref={file} type="file" required /></label>
        <button type="submit" className="button" disabled={add.busy}>{t('datasets.add')}</button>
      </form>
      <ErrorNote error={add.error ?? remove.error ?? list.error} />
      {!list.data ? (list.error === undefined ? <Skeleton lines={3} /> : null) : list.data.length === 0 ? <Empty title={t('datasets.none')} /> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table>
            <thead><tr><th scope="col">{t('datasets.name')}</th><th scope="col" className="number">{t('learnware.size')}</th><th scope="col">{t('datasets.since')}</th><th scope="col"><span className="visually-hidden">{t('action.column')}</span></th></tr></thead>
            <tbody>
              {list.data.map((one) => (
                <tr key={`${one.folder}/${one.file}`}>
                  <th scope="row"><a href={`/api/v1/datasets/${encodeURIComponent(one.folder)}/${encodeURIComponent(one.file)}`} download>{one.folder}/{one.file}</a></th>
                  <td className="number">{bytes(one.size_bytes)}</td>
                  <td className="nowrap">{ago(one.created_at)}</td>
                  <td><button type="button" className="button small quiet" disabled={remove.busy} onClick={() => (asked === one.file + one.folder ? void remove.run(one) : setAsked(one.file + one.folder))}>{t(asked === one.file + one.folder ? 'datasets.removeNow' : 'datasets.remove')}</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
