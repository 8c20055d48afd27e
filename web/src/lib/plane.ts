/**
 * The plane in which specifications are drawn: the two directions in which their points differ most, columns scaled by
 * their spread. The same picture as the command line's reports.
 */
import type { Points } from './specification';

export interface Dot {
  x: number;
  y: number;
  weight: number;
}

/** Columns looked at; of larger points (pixels) every n-th, which is enough for a picture. */
const COLUMNS_MAX = 512;
/** Points of all sets together; those of least weight are left out beyond. */
const POINTS_MAX = 700;
const STEPS = 120;
/** Coordinates are held within this many spreads, so that a rare value does not fill the picture. */
const SPREADS_MAX = 3;

export function plane(sets: Points[]): Dot[][] {
  const dimension = sets[0]?.dimension ?? 0;
  const each = Math.max(20, Math.floor(POINTS_MAX / Math.max(1, sets.length)));
  const drawn = sets.map((set) => heaviest(set, each));
  const columns = pick(dimension);
  const { centre, factor } = scales(drawn, columns);
  const bound = SPREADS_MAX;
  const scaled = drawn.map((set) =>
    set.rows.map((row) => columns.map((column, place) => clamp(((row[column] ?? 0) - centre[place]!) * factor[place]!, bound))),
  );
  const masses = drawn.map((set) => set.weights.map((weight) => Math.max(0, weight)));
  const flat = scaled.flat();
  const mass = masses.flatMap((weights) => weights.map((weight) => weight / sets.length));
  const first = direction(flat, mass, null);
  const second = direction(flat, mass, first);
  return scaled.map((rows, set) => rows.map((row, place) => ({ x: dot(row, first), y: dot(row, second), weight: masses[set]![place]! })));
}

function heaviest(set: Points, count: number): { rows: Float64Array[]; weights: number[] } {
  const order = set.weights.map((weight, place) => ({ weight, place })).sort((a, b) => b.weight - a.weight).slice(0, count);
  return { rows: order.map(({ place }) => set.rows[place]!), weights: order.map(({ weight }) => weight) };
}

function pick(dimension: number): number[] {
  const step = Math.max(1, Math.ceil(dimension / COLUMNS_MAX));
  return Array.from({ length: Math.ceil(dimension / step) }, (_, place) => place * step);
}

function scales(sets: { rows: Float64Array[]; weights: number[] }[], columns: number[]) {
  const centre: number[] = [];
  const factor: number[] = [];
  for (const column of columns) {
    let mean = 0;
    let total = 0;
    for (const set of sets) set.rows.forEach((row, place) => {
      const weight = Math.max(0, set.weights[place]!);
      mean += weight * row[column]!;
      total += weight;
    });
    mean /= total || 1;
    let spread = 0;
    for (const set of sets) set.rows.forEach((row, place) => {
      spread += Math.max(0, set.weights[place]!) * (row[column]! - mean) ** 2;
    });
    spread = Math.sqrt(spread / (total || 1));
    centre.push(mean);
    factor.push(spread > 1e-12 ? 1 / spread : 0);
  }
  return { centre, factor };
}

/** The direction of the largest spread, at right angles to `other`. */
function direction(rows: number[][], mass: number[], other: number[] | null): number[] {
  const d = rows[0]?.length ?? 0;
  // A start that no symmetric data is at right angles to, of length one.
  const start = Array.from({ length: d }, (_, axis) => 1 + axis / (7 + d));
  const norm = Math.sqrt(dot(start, start)) || 1;
  let current = start.map((value) => value / norm);
  for (let step = 0; step < STEPS; step += 1) {
    const next = new Array<number>(d).fill(0);
    rows.forEach((row, place) => {
      const along = mass[place]! * dot(row, current);
      for (let axis = 0; axis < d; axis += 1) next[axis]! += along * row[axis]!;
    });
    if (other) {
      const share = dot(next, other);
      for (let axis = 0; axis < d; axis += 1) next[axis]! -= share * other[axis]!;
    }
    const length = Math.sqrt(dot(next, next));
    if (length <= 1e-300) return new Array<number>(d).fill(0);
    const before = current;
    current = next.map((value) => value / length);
    if (Math.abs(dot(before, current)) > 1 - 1e-9) break;
  }
  return current;
}

const clamp = (value: number, bound: number) => Math.max(-bound, Math.min(bound, value));

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let place = 0; place < a.length; place += 1) sum += a[place]! * b[place]!;
  return sum;
}
