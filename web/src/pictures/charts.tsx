/** Plots as SVG in the colours of the pages. Each has words beside it that say the same. */
import { date, decimal, number, percent, t } from '../i18n';
import type { Dot } from '../lib/plane';

export const COLOURS = 10;
export const colour = (place: number) => `var(--c${place % COLOURS})`;

/** How much of the data is covered; the marks are where data fits and where nothing does. */
export function Share({ covered, marks }: { covered: number; marks?: { fits: number; nothing: number } }) {
  const label = t('picture.share', { covered: percent(covered), rest: percent(1 - covered) });
  return (
    <figure className="share">
      <svg viewBox="0 0 400 22" preserveAspectRatio="none" role="img" aria-label={label}>
        <rect x="0" y="3" width="400" height="16" rx="3" className="share-all" />
        <rect x="0" y="3" width={400 * Math.max(0, Math.min(1, covered))} height="16" rx="3" className="share-part" />
        {marks ? <><path d={`M${400 * marks.nothing} 0v22`} className="share-mark" /><path d={`M${400 * marks.fits} 0v22`} className="share-mark" /></> : null}
      </svg>
      <figcaption className="share-words">
        <span>{t('picture.covered', { share: percent(covered) })}</span>
        <span>{t('picture.uncovered', { share: percent(1 - covered) })}</span>
      </figcaption>
    </figure>
  );
}

/** Members of a team by weight: one bar of all, in their colours. */
export function TeamBar({ members }: { members: { name: string; weight: number; place: number }[] }) {
  let from = 0;
  return (
    <svg className="team-bar" viewBox="0 0 400 22" preserveAspectRatio="none" role="img" aria-label={t('picture.team', { members: members.map((m) => `${m.name} ${percent(m.weight, 1)}`).join(', ') })}>
      {members.map((member) => {
        const x = from * 400;
        from += member.weight;
        return <rect key={member.place} x={x} y="0" width={Math.max(0.5, member.weight * 400 - 1.5)} height="22" fill={colour(member.place)}><title>{`${member.name}: ${percent(member.weight, 1)}`}</title></rect>;
      })}
    </svg>
  );
}

/** Where the distances of the results lie, beside the median of random pairs. */
export function Strip({ values, median }: { values: { name: string; distance: number; place: number }[]; median: number | null }) {
  const most = Math.max(...values.map((value) => value.distance), median ?? 0, 1e-9) * 1.08;
  const x = (distance: number) => 8 + (distance / most) * 624;
  return (
    <figure className="strip">
      <svg viewBox="0 0 640 44" role="img" aria-label={t('picture.strip', { values: values.map((v) => `${v.name} ${decimal(v.distance)}`).join('; '), median: decimal(median) })}>
        <path d="M8 26H632" className="axis" />
        {median !== null ? <path d={`M${x(median)} 6v34`} className="median" /> : null}
        {values.map((value) => <circle key={value.name + value.place} cx={x(value.distance)} cy="26" r="7" fill={value.place < COLOURS ? colour(value.place) : 'var(--line-strong)'} fillOpacity=".8"><title>{`${value.name}: ${decimal(value.distance)}`}</title></circle>)}
      </svg>
      <figcaption className="ends"><span>0</span><span>{t('picture.distance')}{median !== null ? <> · <span className="median-key" /> {t('picture.median')} ({decimal(median)})</> : null}</span><span>{decimal(most)}</span></figcaption>
    </figure>
  );
}

export interface DrawnSet {
  name: string;
  dots: Dot[];
  /** Colour by place; the user's own data are rings. */
  place: number | null;
}

/** Points of specifications in one plane, larger for more weight. */
export function Overlap({ sets, height = 360, label }: { sets: DrawnSet[]; height?: number; label: string }) {
  const width = 720;
  const edge = 20;
  const seen = sets.flatMap((set) => set.dots).filter((dot) => dot.weight > 1e-4);
  const [x, y] = [scale(seen.map((dot) => dot.x), edge, width - edge), scale(seen.map((dot) => dot.y), height - edge, edge)];
  const radius = (dot: Dot) => 2 + 16 * Math.sqrt(Math.max(0, dot.weight));
  const own = sets.filter((set) => set.place === null);
  const others = sets.filter((set) => set.place !== null);
  return (
    <svg className="overlap" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {others.map((set) => set.dots.filter((dot) => dot.weight > 1e-4).map((dot, at) => (
        <circle key={`${set.place}-${at}`} cx={x(dot.x)} cy={y(dot.y)} r={radius(dot)} fill={colour(set.place ?? 0)} fillOpacity=".85" stroke="var(--raised)" strokeWidth=".8" />
      )))}
      {own.map((set) => set.dots.filter((dot) => dot.weight > 1e-4).map((dot, at) => (
        <circle key={`own-${at}`} cx={x(dot.x)} cy={y(dot.y)} r={radius(dot) + 3} fill="none" stroke="var(--data)" strokeWidth="1.7" />
      )))}
    </svg>
  );
}

function scale(values: number[], from: number, to: number): (value: number) => number {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  return (value) => Number((from + ((value - low) / (high - low)) * (to - from)).toFixed(1));
}

/** Shares of one column in equal bins: the user's data as a line over the learnware's bars. */
export function Histogram({ bars, line, low, high, label }: { bars: number[]; line?: number[]; low: number; high: number; label: string }) {
  const width = 180;
  const height = 56;
  const most = Math.max(...bars, ...(line ?? []), 1e-9);
  const step = width / bars.length;
  const y = (share: number) => height - (share / most) * (height - 3);
  const path = line?.map((share, place) => `${place === 0 ? 'M' : 'L'}${(place * step).toFixed(1)} ${y(share).toFixed(1)}H${((place + 1) * step).toFixed(1)}`).join('');
  return (
    <figure className="histogram">
      <svg viewBox={`0 0 ${width} ${height + 1}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {bars.map((share, place) => <rect key={place} x={place * step + 0.5} y={y(share)} width={Math.max(0.5, step - 1)} height={height - y(share)} fill="var(--c0)" fillOpacity=".55" />)}
        {path ? <path d={path} fill="none" stroke="var(--data)" strokeWidth="2" vectorEffect="non-scaling-stroke" /> : null}
        <path d={`M0 ${height}H${width}`} className="axis" />
      </svg>
      <figcaption className="ends"><span>{short(low)}</span><span>{short(high)}</span></figcaption>
    </figure>
  );
}

/** A number as short as an axis has room for; what rounds to 0 is 0 without a sign. */
const short = (value: number) => (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(1) : number(Math.round(value * 100) / 100 || 0, 2));

/** A figure by days. */
export function TimeSeries({ points, label }: { points: { at: string; value: number }[]; label: string }) {
  const width = 520;
  const height = 120;
  const highest = Math.max(...points.map((point) => point.value), 0);
  const most = Math.max(highest, 1);
  const step = width / Math.max(1, points.length);
  return (
    <figure className="series">
      <div className="ends"><span>{highest > 0 ? number(highest, 2) : t('overview.none')}</span></div>
      <svg viewBox={`0 0 ${width} ${height + 1}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {points.map((point, place) => {
          const tall = (point.value / most) * (height - 8);
          return <rect key={point.at} x={place * step + 1} y={height - tall} width={Math.max(1, step - 2)} height={Math.max(point.value > 0 ? 1.5 : 0, tall)} fill="var(--c0)"><title>{`${point.at}: ${number(point.value, 2)}`}</title></rect>;
        })}
        <path d={`M0 ${height}H${width}`} className="axis" />
      </svg>
      <figcaption className="ends"><span>{points[0] ? date(points[0].at) : ''}</span><span>{points.length > 0 ? date(points.at(-1)?.at ?? '') : ''}</span></figcaption>
    </figure>
  );
}
