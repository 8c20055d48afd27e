/** The answer of a search by data: what it is worth, the team, the single learnwares, and why. */
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { SearchAnswer, Single, Statistical } from '../../api/types';
import { decimal, percent, percentile, t } from '../../i18n';
import { islandName } from '../../lib/island';
import { useLoad } from '../../lib/load';
import { bareIsland, descriptionOf, inputNames, kindOf, nameOf } from '../../lib/specification';
import { plainText } from '../../lib/markdown';
import { COLOURS, Share, Strip } from '../../pictures/charts';
import { OverlapFigure, Shifts, type Drawn } from '../../pictures/fit';
import { columnsOf, type Task } from '../../state/task';
import { Tags } from '../../ui/learnware-parts';
import { Empty, Note } from '../../ui/parts';
import { Explain } from './explain';
import { Readings } from './word-results';
import { Team } from './team';
import { verdictOf } from './words';

/** By what single learnwares are ordered. */
const ORDERS = { capability: 'results.singlesByCapability', distance: 'results.singles' } as const;
/** Learnwares in one picture at most; more hide each other. */
const DRAWN_MAX = 5;

interface Props {
  answer: SearchAnswer;
  task: Task;
  compare: string[];
  onCompare: (id: string) => void;
  onClear: () => void;
}

export function Results({ answer, task, compare, onCompare, onClear }: Props) {
  const drawn = useMemo(() => drawnIds(answer), [answer]);
  const island = answer.island ? bareIsland(answer.island) : null;
  const specifications = useLoad(
    island && drawn.length > 0 ? `specifications/${JSON.stringify(island)}/${drawn.join()}/${answer.revision}` : null,
    (signal) => api.post<Record<string, Statistical>>('/specifications', { island, ids: drawn }, { signal }),
  );
  const place = (id: string) => drawn.indexOf(id);
  if (answer.single.length === 0) return <Nothing answer={answer} task={task} onClear={onClear} />;
  return (
    <div className="stack loose">
      <div className="stack">
        <Verdict answer={answer} />
        <Readings words={answer.words} />
      </div>
      {answer.multiple && answer.verdict !== 'nothing_fits' ? <Team answer={answer} task={task} place={place} /> : null}
      {answer.world ? null : <Overview answer={answer} task={task} drawn={drawn} specifications={specifications.data} />}
      <section className="stack">
        <h2>{t(ORDERS[answer.ranking ?? 'distance'])}</h2>
        <Strip
          values={answer.single.filter((single) => single.distance !== null).map((single) => ({ name: nameOf(answer.learnwares[single.id], single.id), distance: single.distance ?? 0, place: place(single.id) < 0 ? COLOURS : place(single.id) }))}
          median={answer.explanation?.background?.median ?? null}
        />
        <ol className="plain stack">
          {shown(answer).map((single, rank) => (
            <Result key={single.id} answer={answer} single={single} rank={rank + 1} task={task} place={place(single.id)} picked={compare.includes(single.id)} onCompare={() => onCompare(single.id)} specification={specifications.data?.[single.id]} />
          ))}
        </ol>
        <p className="small faint">{t('results.meaning')}{answer.ranking === 'capability' ? ` ${t('results.expectedMeaning')}` : ''}</p>
      </section>
      <Explain answer={answer} />
    </div>
  );
}

function Verdict({ answer }: { answer: SearchAnswer }) {
  const { tone, title, words } = verdictOf(answer);
  const alone = aloneCoversMore(answer);
  const marks = answer.explanation ? { fits: answer.explanation.fits_from, nothing: answer.explanation.nothing_below } : undefined;
  return (
    <div className={`note verdict ${tone}`}>
      <h2>{title}</h2>
      <p>{words}</p>
      {answer.world ? <p className="small">{t('results.world', { n: answer.world.placed, left: answer.world.without_place })}</p> : answer.island ? <p className="small">{t('results.island', { island: islandName(answer.island, answer.island.name), n: answer.funnel.comparable, all: answer.funnel.total })} <Link href="/world">{t('results.inWorld')}</Link></p> : null}
      {answer.covered !== null ? <Share covered={answer.covered} marks={marks} /> : null}
      {alone ? <p className="small">{t('results.aloneMore', { name: nameOf(answer.learnwares[alone.id], alone.id), share: percent(alone.covered) })}</p> : null}
      {answer.covered !== null ? <p className="small faint">{t('results.coverMeaning', { fits: percent(marks?.fits), nothing: percent(marks?.nothing) })}</p> : null}
    </div>
  );
}

/** Covered shares that people read as different. */
const COVERED_APART = 0.01;

/** The single learnware that lies over more of the data than the combination nearest to it, where one does. */
export function aloneCoversMore({ covered, single }: Pick<SearchAnswer, 'covered' | 'single'>): Single | null {
  const best = single.reduce<Single | null>((best, one) => ((one.covered ?? 0) > (best?.covered ?? 0) ? one : best), null);
  return best && covered !== null && (best.covered ?? 0) - covered >= COVERED_APART ? best : null;
}

/** In the world, learnwares none of whose columns was found are no results. */
function shown(answer: SearchAnswer): Single[] {
  const { world } = answer;
  if (!world) return answer.single;
  return answer.single.filter((single) => world.columns.some((one) => one.id === single.id && one.matching.pairs.length > 0));
}

/** Who is drawn, each in a colour of its own: those of the team, then the nearest others. */
export function drawnIds(answer: SearchAnswer): string[] {
  const ids = [...(answer.multiple?.members ?? []).map((member) => member.id), ...answer.single.map((single) => single.id)];
  return [...new Set(ids)].slice(0, DRAWN_MAX);
}

function Overview({ answer, task, drawn, specifications }: { answer: SearchAnswer; task: Task; drawn: string[]; specifications: Record<string, Statistical> | undefined }) {
  const sets = useMemo((): Drawn[] => {
    if (!specifications) return [];
    const theirs = drawn.flatMap((id, place) => {
      const specification = specifications[id];
      return specification ? [{ name: nameOf(answer.learnwares[id], id), specification, place }] : [];
    });
    return theirs.length > 0 ? [{ name: t('results.yourData'), specification: task.specification, place: null }, ...theirs] : [];
  }, [answer, drawn, specifications, task]);
  if (sets.length === 0) return null;
  return (
    <section className="stack">
      <h2>{t('results.overlap')}</h2>
      <OverlapFigure drawn={sets} caption={t('results.overlapCaption')} />
    </section>
  );
}

interface ResultProps {
  answer: SearchAnswer;
  single: Single;
  rank: number;
  task: Task;
  place: number;
  picked: boolean;
  onCompare: () => void;
  specification: Statistical | undefined;
}

function Result({ answer, single, rank, task, place, picked, onCompare, specification }: ResultProps) {
  const semantic = answer.learnwares[single.id];
  const name = nameOf(semantic, single.id);
  return (
    <li className="panel result">
      <div className="result-head">
        <span className="rank faint">{rank}{place >= 0 ? <span className={`key k${place % COLOURS}`} /> : null}</span>
        <h3><Link href={`/learnwares/${single.id}`}>{name}</Link></h3>
        <label className="row small"><input type="checkbox" checked={picked} onChange={onCompare} aria-label={t('compare.pick', { name })} />{t('compare.short')}</label>
      </div>
      <dl className="facts">
        <div><dt>{t('results.distance')}</dt><dd><strong>{decimal(single.distance)}</strong></dd></div>
        <div><dt>{t('results.percentile')}</dt><dd>{percentile(single.percentile)}</dd></div>
        <div><dt>{t('results.similarity')}</dt><dd>{decimal(single.similarity)}</dd></div>
        {single.covered !== null ? <div><dt>{t('results.covers')}</dt><dd>{percent(single.covered)}</dd></div> : null}
        {typeof single.expected_loss === 'number' ? <div><dt>{t('results.expected')}</dt><dd>{decimal(single.expected_loss)}</dd></div> : null}
        {single.score !== null ? <div><dt>{t('results.score')}</dt><dd>{decimal(single.score)}</dd></div> : null}
      </dl>
      <p className="small excerpt clamp">{plainText(descriptionOf(semantic))}</p>
      <div className="row small faint"><Tags semantic={semantic} /><code>{single.id}</code></div>
      <Columns answer={answer} task={task} id={single.id} />
      {answer.world ? null : <Fit answer={answer} task={task} id={single.id} place={Math.max(0, place)} known={specification} />}
    </li>
  );
}

/** Which of the user's columns a learnware of other columns gets. */
function Columns({ answer, task, id }: { answer: SearchAnswer; task: Task; id: string }) {
  const matching = answer.world?.columns.find((one) => one.id === id)?.matching;
  if (!matching) return null;
  const own = columnsOf(task);
  const theirs = inputNames(answer.learnwares[id]);
  return (
    <details>
      <summary>{t('matched.title', { n: matching.pairs.length, of: matching.pairs.length + matching.other_alone.length })}</summary>
      <table>
        <thead><tr><th scope="col">{t('matched.theirs')}</th><th scope="col">{t('matched.own')}</th><th scope="col" className="number">{t('matched.certainty')}</th></tr></thead>
        <tbody>
          {matching.pairs.map((pair) => <tr key={pair.other}><th scope="row">{theirs[String(pair.other)] ?? pair.other}</th><td>{own[pair.user] || pair.user}</td><td className="number">{percent(pair.certainty)}</td></tr>)}
          {matching.other_alone.map((place) => <tr key={place}><th scope="row">{theirs[String(place)] ?? place}</th><td className="faint">{t('matched.none')}</td><td /></tr>)}
        </tbody>
      </table>
      <p className="small faint">{t('matched.use', { id })}</p>
    </details>
  );
}

/** The overlap of one result with the data, fetched when it is opened. */
function Fit({ answer, task, id, place, known }: { answer: SearchAnswer; task: Task; id: string; place: number; known: Statistical | undefined }) {
  const [open, setOpen] = useState(false);
  const island = answer.island ? bareIsland(answer.island) : null;
  const asked = useLoad(open && !known && island ? `specification/${id}/${answer.revision}` : null, (signal) =>
    api.post<Record<string, Statistical>>('/specifications', { island, ids: [id] }, { signal }),
  );
  const theirs = known ?? asked.data?.[id];
  const semantic = answer.learnwares[id];
  const drawn = useMemo((): Drawn[] => theirs ? [
    { name: t('results.yourData'), specification: task.specification, place: null },
    { name: nameOf(semantic, id), specification: theirs, place },
  ] : [], [theirs, task, semantic, id, place]);
  return (
    <details className="fit" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('fit.title')}</summary>
      {open && theirs ? (
        <div className="stack">
          <OverlapFigure drawn={drawn} caption={t('fit.caption')} />
          <Shifts mine={task.specification} theirs={theirs} semantic={semantic} columns={task.columns} />
        </div>
      ) : null}
    </details>
  );
}

/** Nothing was found: why, and what to do. */
function Nothing({ answer, task, onClear }: { answer: SearchAnswer; task: Task; onClear: () => void }) {
  const { funnel } = answer;
  const byWords = funnel.semantic + funnel.excluded < funnel.total;
  const hasParts = (answer.parts ?? []).length > 0;
  return (
    <div className="stack">
      <Empty
        title={t(hasParts ? 'nothing.whole' : 'nothing.title')}
        actions={byWords ? <button type="button" className="button" onClick={onClear}>{t('words.clear')}</button> : <Link className="button" href="/world">{t('nothing.world')}</Link>}
      >
        <p>{hasParts ? t('nothing.parts') : funnel.total === 0 ? t('nothing.empty') : byWords ? t('nothing.words') : t(`nothing.island.${kindOf(task.specification)}`)}</p>
      </Empty>
      {funnel.other_islands.length > 0 && !hasParts ? (
        <Note title={t('nothing.others')} level={3}>
          <ul>{funnel.other_islands.map(({ island, learnwares }) => <li key={JSON.stringify(island)}>{t('nothing.other', { n: learnwares, island: islandName(island, island.name) })}</li>)}</ul>
        </Note>
      ) : null}
      <Explain answer={answer} />
    </div>
  );
}
