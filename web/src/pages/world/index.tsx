/** The specification world: islands of learnwares that can be compared, and the user's task among them. */
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { Placed, SearchAnswer } from '../../api/types';
import { decimal, number, percent, t, vocabulary } from '../../i18n';
import { islandName } from '../../lib/island';
import { useLoad } from '../../lib/load';
import { bare, nameOf } from '../../lib/specification';
import { keyOf, setTask, useTask, type Task } from '../../state/task';
import { DataMaker, taskWords } from '../../ui/data-maker';
import { Empty, ErrorNote, PageHead, Skeleton } from '../../ui/parts';
import { WorldMap } from './map';
import { useName } from './names';
import type { ColouredBy } from './points';
import type { World } from './types';

/** Learnwares of an island listed at a time; the name of each is a request. */
const LISTED = 10;

export default function WorldPage() {
  const world = useLoad('world', (signal) => api.get<World>('/world', {}, signal));
  return (
    <>
      <PageHead title={t('world.title')}>{t('world.what')}</PageHead>
      <ErrorNote error={world.error} retry={world.reload} />
      {!world.data ? (world.error === undefined ? <Skeleton lines={8} /> : null) : world.data.learnwares.ids.length === 0 ? <Empty title={t('words.emptyDock')} actions={<Link className="button primary" href="/submit">{t('nav.submit')}</Link>} /> : <Shown world={world.data} />}
    </>
  );
}

function Shown({ world }: { world: World }) {
  const task = useTask();
  const [picked, setPicked] = useState<number | null>(null);
  const [focus, setFocus] = useState<{ island: number } | null>(null);
  const flag = useFlag(task, world);
  const [by, setBy] = useState<ColouredBy>('island');
  const island = focus?.island ?? null;
  return (
    <div className="side right">
      <div className="stack">
        <WorldMap world={world} flag={flag.place} focus={focus} picked={picked} onPick={setPicked} by={by} />
        <div className="row small">
          <label className="row"><span>{t('world.by')}</span><select className="small-select" value={by} onChange={(event) => setBy(event.target.value as ColouredBy)}><option value="island">{t('world.byIsland')}</option><option value="task">{t('world.byTask')}</option></select></label>
          {by === 'task' ? <ul className="legend plain">{world.learnwares.task_words.map((word, place) => <li key={word}><span className={`key k${place % 10}`} />{word ? vocabulary('task', word) : t('world.noTask')}</li>)}</ul> : null}
        </div>
        <p className="small faint">{t('world.caption')}</p>
        {picked !== null ? <Picked key={picked} id={world.learnwares.ids[picked] ?? ''} /> : null}
        {island !== null ? <IslandList key={island} world={world} island={island} /> : null}
      </div>
      <aside className="stack">
        <section className="panel stack">
          <h2>{t('task.title')}</h2>
          {task ? (
            <>
              <p><strong>{task.name}</strong><br /><span className="small faint">{taskWords(task)}</span></p>
              <p className="small">{flag.words}</p>
              <div className="row"><Link className="button small primary" href="/search">{t('nav.search')}</Link><button type="button" className="button small" onClick={() => setTask(null)}>{t('task.forget')}</button></div>
            </>
          ) : <DataMaker useWords={t('world.place')} onReady={(made) => setTask(made.task)} />}
          <ErrorNote error={flag.error} />
        </section>
        <section className="panel">
          <h2>{t('world.islands', { n: world.islands.length })}</h2>
          <ul className="plain stack tight island-list">
            {world.islands.map((entry, place) => (
              <li key={place} className="row small"><span className={`key k${place % 10}`} /><button type="button" className="link" aria-pressed={island === place} onClick={() => setFocus({ island: place })}>{islandName(entry.island, entry.name)}</button><span className="spread" /><span className="faint">{number(entry.learnwares)}</span></li>
            ))}
          </ul>
          {world.bridges.length > 0 ? <p className="small faint">{t('world.bridges', { n: world.bridges.length })}</p> : null}
        </section>
      </aside>
    </div>
  );
}

/** Where the task lies, and what is nearest to it. */
function useFlag(task: Task | null, world: World) {
  const statistical = task ? [bare(task.specification)] : [];
  const key = task ? `${keyOf(task)}/${world.revision}` : null;
  const placed = useLoad(key && `world-place/${key}`, (signal) => api.post<Placed[]>('/world/place', { statistical }, { signal }));
  const found = useLoad(key && `world-nearest/${key}`, (signal) => api.post<SearchAnswer>('/search', { statistical, limit: 1, mixture: 'none' }, { signal }));
  return useMemo(() => {
    const place = placed.data?.[0];
    const nearest = found.data?.single[0];
    const error = placed.error ?? found.error;
    if (!task || !placed.data) return { place: null, words: '', error };
    if (!place) return { place: null, words: t('world.nowhere'), error };
    const entry = world.islands[place.island];
    const island = islandName(entry?.island, entry?.name);
    const words = nearest ? t('world.nearest', { name: nameOf(found.data?.learnwares[nearest.id], nearest.id), distance: decimal(nearest.distance), island }) : '';
    return { place: { x: place.x, y: place.y, words: t('world.you') }, words, error };
  }, [placed.data, placed.error, found.data, found.error, task, world]);
}

function IslandList({ world, island }: { world: World; island: number }) {
  const [shown, setShown] = useState(LISTED);
  const places = useMemo(() => world.learnwares.islands.flatMap((entry, place) => (entry === island ? [place] : [])), [world, island]);
  return (
    <section className="panel">
      <h2>{islandName(world.islands[island]?.island, world.islands[island]?.name)}</h2>
      <p className="small faint">{t('world.explained', { share: percent(world.islands[island]?.explained) })}</p>
      <ul className="columns-list">{places.slice(0, shown).map((place) => <Entry key={place} world={world} place={place} />)}</ul>
      {places.length > shown ? <button type="button" className="button small" onClick={() => setShown(shown + LISTED)}>{t('words.more')}</button> : null}
    </section>
  );
}

function Entry({ world, place }: { world: World; place: number }) {
  const id = world.learnwares.ids[place] ?? '';
  const name = useName(id);
  return <li><Link href={`/learnwares/${id}`}>{name ?? id}</Link></li>;
}

function Picked({ id }: { id: string }) {
  const name = useName(id);
  return <p role="status">{t('world.picked')} <Link href={`/learnwares/${id}`}>{name ?? id}</Link> <code>{id}</code></p>;
}
