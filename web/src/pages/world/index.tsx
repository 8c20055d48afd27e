/** The specification world: islands of learnwares that can be compared, and the user's task among them. */
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { SearchAnswer } from '../../api/types';
import { decimal, number, t } from '../../i18n';
import { useLoad } from '../../lib/load';
import { bare } from '../../lib/specification';
import { keyOf, setTask, useTask, type Task } from '../../state/task';
import { DataMaker, taskWords } from '../../ui/data-maker';
import { Empty, ErrorNote, PageHead, Skeleton } from '../../ui/parts';
import { WorldMap } from './map';
import type { World } from './types';

const LISTED = 50;

export default function WorldPage() {
  const world = useLoad('world', (signal) => api.get<World>('/world', {}, signal));
  return (
    <>
      <PageHead title={t('world.title')}>{t('world.what')}</PageHead>
      <ErrorNote error={world.error} retry={world.reload} />
      {!world.data ? (world.error === undefined ? <Skeleton lines={8} /> : null) : world.data.points.ids.length === 0 ? <Empty title={t('words.emptyDock')} actions={<Link className="button primary" href="/submit">{t('nav.submit')}</Link>} /> : <Shown world={world.data} />}
    </>
  );
}

function Shown({ world }: { world: World }) {
  const task = useTask();
  const [picked, setPicked] = useState<number | null>(null);
  const [focus, setFocus] = useState<{ island: number } | null>(null);
  const flag = useFlag(task, world);
  const island = focus?.island ?? null;
  return (
    <div className="side right">
      <div className="stack">
        <WorldMap world={world} flag={flag.place} focus={focus} picked={picked} onPick={setPicked} />
        <p className="small faint">{t('world.caption')}</p>
        {picked !== null ? <p role="status">{t('world.picked')} <Link href={`/learnwares/${world.points.ids[picked]}`}>{world.points.names[picked]}</Link> <code>{world.points.ids[picked]}</code></p> : null}
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
              <li key={place} className="row small"><span className={`key k${place % 10}`} /><button type="button" className="link" aria-pressed={island === place} onClick={() => setFocus({ island: place })}>{entry.name}</button><span className="spread" /><span className="faint">{number(entry.learnwares)}</span></li>
            ))}
          </ul>
          {world.bridges.length > 0 ? <p className="small faint">{t('world.bridges', { n: world.bridges.length })}</p> : null}
        </section>
      </aside>
    </div>
  );
}

/** Where the task lies: in the middle of the learnwares nearest to it, nearer ones counting more. */
function useFlag(task: Task | null, world: World) {
  const found = useLoad(task ? `world-task/${keyOf(task)}/${world.revision}` : null, (signal) =>
    api.post<SearchAnswer>('/search', { statistical: task ? [bare(task.specification)] : [], limit: 5, mixture: 'none', explain: true }, { signal }),
  );
  return useMemo(() => {
    const answer = found.data;
    if (!task || !answer) return { place: null, words: '', error: found.error };
    const places = new Map(world.points.ids.map((id, place) => [id, place]));
    const width = answer.explanation?.background?.median ?? 0.1;
    let [x, y, total] = [0, 0, 0];
    for (const single of answer.single) {
      const place = places.get(single.id);
      if (place === undefined || single.distance === null) continue;
      const weight = Math.exp((-4 * single.distance) / width);
      x += weight * world.points.x[place]!;
      y += weight * world.points.y[place]!;
      total += weight;
    }
    if (total === 0) return { place: null, words: t('world.nowhere'), error: found.error };
    const nearest = answer.single[0];
    const name = world.points.names[places.get(nearest?.id ?? '') ?? -1] ?? nearest?.id ?? '';
    return { place: { x: x / total, y: y / total, words: t('world.you') }, words: t('world.nearest', { name, distance: decimal(nearest?.distance), island: answer.island?.name ?? '' }), error: found.error };
  }, [found.data, found.error, task, world]);
}

function IslandList({ world, island }: { world: World; island: number }) {
  const [shown, setShown] = useState(LISTED);
  const places = useMemo(() => world.points.island.flatMap((entry, place) => (entry === island ? [place] : [])), [world, island]);
  return (
    <section className="panel">
      <h2>{world.islands[island]?.name}</h2>
      <ul className="columns-list">{places.slice(0, shown).map((place) => <li key={place}><Link href={`/learnwares/${world.points.ids[place]}`}>{world.points.names[place] || world.points.ids[place]}</Link></li>)}</ul>
      {places.length > shown ? <button type="button" className="button small" onClick={() => setShown(shown + LISTED * 4)}>{t('words.more')}</button> : null}
    </section>
  );
}
