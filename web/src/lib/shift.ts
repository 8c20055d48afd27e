/** Which inputs of a table differ most between two specifications, from their points alone. */
import type { Points } from './specification';

export interface Shift {
  column: number;
  /** Difference of the means, in spreads of both together. */
  spreads: number;
  low: number;
  high: number;
  mine: number[];
  theirs: number[];
}

const BINS = 14;
/** Range of a column, beside that of the median column, from which a difference counts. */
const RANGE_MIN = 1e-4;

/** Weighted shares of a column in equal bins from `low` to `high`. */
export function histogram(set: Points, column: number, low: number, high: number, bins = BINS): number[] {
  const shares = new Array<number>(bins).fill(0);
  let total = 0;
  set.rows.forEach((row, place) => {
    const weight = Math.max(0, set.weights[place] ?? 0);
    const at = high > low ? Math.floor(((row[column]! - low) / (high - low)) * bins) : 0;
    shares[Math.max(0, Math.min(bins - 1, at))]! += weight;
    total += weight;
  });
  return shares.map((share) => share / (total || 1));
}

function moments(set: Points, column: number): { mean: number; variance: number } {
  let mean = 0;
  let total = 0;
  set.rows.forEach((row, place) => {
    const weight = Math.max(0, set.weights[place] ?? 0);
    mean += weight * row[column]!;
    total += weight;
  });
  mean /= total || 1;
  let variance = 0;
  set.rows.forEach((row, place) => {
    variance += Math.max(0, set.weights[place] ?? 0) * (row[column]! - mean) ** 2;
  });
  return { mean, variance: variance / (total || 1) };
}

export function range(sets: Points[], column: number): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const set of sets) for (const row of set.rows) {
    low = Math.min(low, row[column]!);
    high = Math.max(high, row[column]!);
  }
  return [low, high];
}

/** All inputs, those that differ most first. */
export function shifts(mine: Points, theirs: Points): Shift[] {
  const found: Shift[] = [];
  for (let column = 0; column < mine.dimension; column += 1) {
    const [one, other] = [moments(mine, column), moments(theirs, column)];
    const spread = Math.sqrt((one.variance + other.variance) / 2);
    const gap = Math.abs(one.mean - other.mean);
    const spreads = spread > 1e-12 ? gap / spread : gap > 1e-12 ? Infinity : 0;
    const [low, high] = range([mine, theirs], column);
    found.push({ column, spreads, low, high, mine: histogram(mine, column, low, high), theirs: histogram(theirs, column, low, high) });
  }
  // Columns that hardly vary beside the others are constants with the noise of the reduction; what differs there is no news.
  const widths = found.map((shift) => shift.high - shift.low).sort((a, b) => a - b);
  const least = RANGE_MIN * (widths[widths.length >> 1] ?? 0);
  return found.filter((shift) => shift.high - shift.low > least).sort((a, b) => b.spreads - a.spreads);
}
