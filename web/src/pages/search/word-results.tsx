/** Learnwares that match words and tags, page by page. */
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { Excerpt, LearnwarePage, LearnwareSummary, WordReadings } from '../../api/types';
import { ago, list, t, type Key } from '../../i18n';
import { useAction, useLoad } from '../../lib/load';
import { descriptionOf } from '../../lib/specification';
import { plainText } from '../../lib/markdown';
import { Safety, Tags } from '../../ui/learnware-parts';
import { Empty, ErrorNote, Skeleton } from '../../ui/parts';
import { SORTS } from './state';

const PAGE = 20;

interface Props {
  query: string;
  words: string;
  sort: string;
  compare: string[];
  onSort: (sort: string) => void;
  onCompare: (id: string) => void;
  onClear: () => void;
}

export function WordResults({ query, words, sort, compare, onSort, onCompare, onClear }: Props) {
  const key = `list?${query}&${sort}`;
  const first = useLoad(key, (signal) => api.get<LearnwarePage>('/learnwares', { query, sort, limit: PAGE }, signal));
  const [more, setMore] = useState<{ key: string; pages: LearnwarePage[] }>({ key, pages: [] });
  useEffect(() => setMore({ key, pages: [] }), [key]);
  const pages = first.data ? [first.data, ...(more.key === key ? more.pages : [])] : [];
  const cursor = pages.at(-1)?.next_cursor ?? null;
  const next = useAction(async () => {
    const page = await api.get<LearnwarePage>('/learnwares', { query, sort, limit: PAGE, cursor });
    setMore((now) => ({ key, pages: now.key === key ? [...now.pages, page] : [page] }));
  });
  if (first.error !== undefined) return <ErrorNote error={first.error} retry={first.reload} />;
  if (!first.data) return <Skeleton lines={8} />;
  const found = pages.flatMap((page) => page.learnwares);
  const orders = SORTS.filter((order) => order !== 'relevance' || words);
  return (
    <>
      <div className="row">
        <h2>{query ? t('words.found', { n: first.data.total, all: first.data.searched ?? first.data.total }) : t('words.all', { n: first.data.total })}</h2>
        <span className="spread" />
        {found.length > 1 ? <label className="row small"><span>{t('words.sort')}</span>
          <select className="small-select" value={sort || (words ? 'relevance' : 'id')} onChange={(event) => onSort(event.target.value)}>
            {orders.map((order) => <option key={order} value={order}>{t(`words.sort.${order}` as Key)}</option>)}
          </select>
        </label> : null}
      </div>
      <Readings words={first.data.words ?? null} />
      {found.length === 0 ? (
        <Empty title={query ? t('words.none') : t('words.emptyDock')} actions={query ? <button type="button" className="button" onClick={onClear}>{t('words.clear')}</button> : <Link className="button primary" href="/submit">{t('nav.submit')}</Link>}>
          <p>{query ? t('words.noneAdvice') : t('words.emptyDockAdvice')}</p>
        </Empty>
      ) : (
        <ol className="plain stack">{found.map((entry) => <Entry key={entry.id} entry={entry} picked={compare.includes(entry.id)} onCompare={() => onCompare(entry.id)} />)}</ol>
      )}
      <ErrorNote error={next.error} />
      {cursor ? <button type="button" className="button" disabled={next.busy} onClick={() => void next.run()}>{t('words.more')}</button> : null}
    </>
  );
}

/** How the words were read: misspelled ones, unknown ones. */
export function Readings({ words }: { words: WordReadings | null }) {
  if (!words) return null;
  const lines = words.similar.map((entry) => t('words.readAs', { word: entry.word, as: list(entry.read_as) }));
  if (words.unknown.length > 0) lines.push(t('words.unknown', { words: list(words.unknown) }));
  if (words.matching === 'half') lines.push(t('words.half'));
  return lines.length > 0 ? <p className="small careful">{lines.join(' ')}</p> : null;
}

function Entry({ entry, picked, onCompare }: { entry: LearnwareSummary; picked: boolean; onCompare: () => void }) {
  const excerpts = new Map((entry.excerpts ?? []).map((excerpt) => [excerpt.field, excerpt]));
  const name = excerpts.get('name');
  const texts = [...excerpts.values()].filter((excerpt) => excerpt.field !== 'name').slice(0, 2);
  return (
    <li className="panel result">
      <div className="result-head">
        <h3><Link href={`/learnwares/${entry.id}`}>{name ? <Pieces excerpt={name} /> : entry.name || entry.id}</Link></h3>
        <label className="row small"><input type="checkbox" checked={picked} onChange={onCompare} aria-label={t('compare.pick', { name: entry.name })} />{t('compare.short')}</label>
      </div>
      {texts.length > 0 ? texts.map((excerpt) => <p key={excerpt.field} className="small excerpt"><Pieces excerpt={excerpt} /></p>) : <p className="small excerpt clamp">{plainText(descriptionOf(entry.semantic))}</p>}
      <div className="row small faint">
        <Tags semantic={entry.semantic} />
        <Safety format={entry.format} />
        <span>{ago(entry.created_at)}</span>
        <code>{entry.id}</code>
      </div>
    </li>
  );
}

function Pieces({ excerpt }: { excerpt: Excerpt }) {
  return <>{excerpt.pieces.map((piece, place) => (piece.hit ? <mark key={place}>{piece.text}</mark> : <span key={place}>{piece.text}</span>))}</>;
}
