/** Search: by data, by words, by both. */
import { useEffect, useMemo, useState } from 'react';
import { api } from '../../api/client';
import type { Learnware, LearnwarePage, SearchAnswer } from '../../api/types';
import { t } from '../../i18n';
import { useLoad } from '../../lib/load';
import { fromFragment } from '../../lib/share';
import { bare, inputNames, nameOf, points } from '../../lib/specification';
import { columnsOf, keyOf, setTask, useTask, type Task } from '../../state/task';
import { DataMaker } from '../../ui/data-maker';
import { Icon } from '../../ui/icons';
import { ErrorNote, PageHead, Skeleton } from '../../ui/parts';
import { CompareTray } from './compare-tray';
import { FoldedFacets } from './facets';
import { Parts, PartsOffer } from './parts';
import { Results } from './results';
import { ShareButton } from './share-button';
import { COMPARED_MAX, queryOf, useSearchState, type SearchState } from './state';
import { TaskPanel } from './task-panel';
import { WordResults } from './word-results';

export default function Search() {
  const [state, change] = useSearchState();
  const own = useTask();
  const like = useLike(state.like);
  const task = state.like ? like.task : own;
  const query = queryOf(state);
  useEffect(() => {
    void fromFragment(location.hash).then((found) => {
      if (!found) return;
      setTask({ ...found, rows: found.specification.num_points ?? 0, bytes: JSON.stringify(found.specification).length, columns: [] });
      history.replaceState(history.state, '', location.pathname + location.search);
    }, () => undefined);
  }, []);
  const counts = useLoad(`facets?${query}`, (signal) => api.get<LearnwarePage>('/learnwares', { query, facets: true, limit: 1 }, signal));
  const toggleCompare = (id: string) => {
    const now = state.compare.includes(id) ? state.compare.filter((other) => other !== id) : [...state.compare, id].slice(0, COMPARED_MAX);
    change({ compare: now }, true);
  };
  return (
    <>
      <PageHead title={t('search.title')} actions={<ShareButton task={state.like ? null : own} />}>{t('search.what')}</PageHead>
      <SearchBox words={state.words} onSearch={(words) => change({ words })} />
      <div className="side search-layout">
        <aside className="stack" aria-label={t('search.narrow')}>
          {task ? <TaskPanel task={task} isLike={state.like !== ''} isNamed={state.world || state.parts} onForget={() => (state.like ? change({ like: '' }) : setTask(null))} /> : null}
          {task ? <Settings state={state} onChange={change} /> : null}
          <FoldedFacets counts={counts.data?.facets} chosen={state.facets} onChange={(facets) => change({ facets })} />
        </aside>
        <section className="stack" aria-label={t('search.results')} aria-live="polite" aria-busy={counts.loading}>
          <ErrorNote error={like.error} />
          {state.like && !like.task && !like.error ? <Skeleton lines={4} /> : task ? (
            <ByTask task={task} query={query} state={state} onParts={() => change({ parts: true })} onCompare={toggleCompare} onClear={() => change({ words: '', facets: {} })} />
          ) : (
            <>
            <section className="panel">
              <h2>{t('task.title')}</h2>
              <DataMaker useWords={t('task.use')} onReady={(made) => setTask(made.task)} />
            </section>
            <WordResults query={query} words={state.words} sort={state.sort} compare={state.compare} onSort={(sort) => change({ sort })} onCompare={toggleCompare} onClear={() => change({ words: '', facets: {} })} />
            </>
          )}
        </section>
      </div>
      <CompareTray ids={state.compare} onRemove={toggleCompare} onClear={() => change({ compare: [] }, true)} />
    </>
  );
}

/** The specification of a learnware, taken as if it were the user's data. */
function useLike(id: string): { task: Task | null; error: unknown } {
  const found = useLoad(id ? `learnware/${id}` : null, (signal) => api.get<Learnware>(`/learnwares/${encodeURIComponent(id)}`, {}, signal));
  const learnware = found.data;
  const task = useMemo((): Task | null => {
    const version = learnware?.versions.find((entry) => entry.version === learnware.latest_version) ?? learnware?.versions.at(-1);
    const specification = version?.statistical[0];
    if (!version || !specification) return null;
    const described = inputNames(version.semantic);
    const columns = Object.keys(described).length > 0 ? Array.from({ length: points(specification).dimension }, (_, place) => described[String(place)] ?? '') : [];
    return { name: nameOf(version.semantic, id), specification, rows: specification.num_points ?? 0, bytes: JSON.stringify(specification).length, columns };
  }, [learnware, id]);
  return { task, error: found.error };
}

function SearchBox({ words, onSearch }: { words: string; onSearch: (words: string) => void }) {
  const [text, setText] = useState(words);
  useEffect(() => setText(words), [words]);
  return (
    <form className="search-box" role="search" onSubmit={(event) => { event.preventDefault(); onSearch(text.trim()); }}>
      <label className="visually-hidden" htmlFor="search-words">{t('search.words')}</label>
      <input id="search-words" type="search" value={text} maxLength={1000} placeholder={t('search.placeholder')} onChange={(event) => setText(event.target.value)} />
      <button type="submit" className="button primary"><Icon name="search" />{t('search.go')}</button>
    </form>
  );
}

function ByTask({ task, query, state, onParts, onCompare, onClear }: { task: Task; query: string; state: SearchState; onParts: () => void; onCompare: (id: string) => void; onClear: () => void }) {
  const body = {
    statistical: [bare(task.specification)],
    query,
    limit: state.limit,
    max_learnwares: state.members,
    mixture: state.mixture,
    kernel: state.kernel,
    ...(state.world ? { world: true, columns: columnsOf(task) } : state.parts ? { parts: true, columns: columnsOf(task) } : {}),
    explain: true,
    exclude: state.like ? [state.like] : [],
  };
  const key = `search/${keyOf(task)}/${query}/${state.limit}/${state.members}/${state.mixture}/${state.kernel}/${state.world}/${state.parts}/${state.like}`;
  const answer = useLoad(key, (signal) => api.post<SearchAnswer>('/search', body, { signal }));
  if (answer.error !== undefined) return <ErrorNote error={answer.error} retry={answer.reload} />;
  if (!answer.data) return <Skeleton lines={8} />;
  return (
    <div className="stack loose">
      <Results answer={answer.data} task={task} compare={state.compare} onCompare={onCompare} onClear={onClear} />
      <Parts answer={answer.data} task={task} />
      <PartsOffer answer={answer.data} task={task} isOn={state.parts} onLook={onParts} />
    </div>
  );
}

function Settings({ state, onChange }: { state: SearchState; onChange: (change: Partial<SearchState>) => void }) {
  return (
    <details className="panel">
      <summary><strong>{t('search.settings')}</strong></summary>
      <div className="stack settings">
        <label className="field"><span className="label">{t('search.mixture')}</span>
          <select value={state.mixture} onChange={(event) => onChange({ mixture: event.target.value })}>
            <option value="greedy">{t('search.mixture.greedy')}</option>
            <option value="auto">{t('search.mixture.auto')}</option>
            <option value="nearest">{t('search.mixture.nearest')}</option>
            <option value="none">{t('search.mixture.none')}</option>
          </select>
        </label>
        <label className="field"><span className="label">{t('search.members')}</span>
          <select value={state.members} onChange={(event) => onChange({ members: Number(event.target.value) })}>{[2, 3, 5, 7, 10].map((n) => <option key={n}>{n}</option>)}</select>
        </label>
        <label className="field"><span className="label">{t('search.limit')}</span>
          <select value={state.limit} onChange={(event) => onChange({ limit: Number(event.target.value) })}>{[10, 20, 50, 100].map((n) => <option key={n}>{n}</option>)}</select>
        </label>
        <label className="field"><span className="label">{t('search.kernel')}</span>
          <select value={state.kernel} onChange={(event) => onChange({ kernel: event.target.value })}>
            <option value="island">{t('search.kernel.island')}</option>
            <option value="reference">{t('search.kernel.reference')}</option>
          </select>
        </label>
        <label className="row"><input type="checkbox" checked={state.world} onChange={(event) => onChange({ world: event.target.checked })} />{t('search.world')}</label>
        <p className="small faint">{t('search.worldWords')}</p>
        <label className="row"><input type="checkbox" checked={state.parts} disabled={state.world} onChange={(event) => onChange({ parts: event.target.checked })} />{t('search.parts')}</label>
        <p className="small faint">{t('parts.offerWords')}</p>
      </div>
    </details>
  );
}
