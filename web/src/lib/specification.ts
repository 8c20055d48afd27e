/** Statistical specifications as these pages need them: flat points with weights. */
import type { Column, IslandKey, Nested, Semantic, Statistical } from '../api/types';

export interface Points {
  /** One row per point. */
  rows: Float64Array[];
  weights: number[];
  dimension: number;
}

export const KINDS = ['RKMETableSpecification', 'RKMEStatSpecification', 'RKMETextSpecification', 'EmbeddedImageSpecification', 'RKMEImageSpecification', 'GenerativeModelSpecification'];

/** Numbers of a specification file at most, as the server's own limit. */
const NUMBERS_MAX = 4_194_304;

function flatten(value: Nested, into: number[]): void {
  if (typeof value === 'number') into.push(value);
  else if (!Array.isArray(value)) throw new Error('numbers');
  else value.forEach((inner) => flatten(inner, into));
}

export function points(specification: Statistical): Points {
  const rows = specification.z.map((point) => {
    const numbers: number[] = [];
    flatten(point, numbers);
    return Float64Array.from(numbers);
  });
  return { rows, weights: specification.beta, dimension: rows[0]?.length ?? 0 };
}

/** What a specification is of: `table`, `text` or `image`. */
export function kindOf(specification: Statistical): 'table' | 'text' | 'image' {
  const type = specification.type ?? '';
  if (type.includes('Text') || type.includes('Generative')) return 'text';
  return type.includes('Image') ? 'image' : 'table';
}

/** Reads a statistical specification file of any kind of the reference; throws a word for the dictionary where it is none. */
export function read(text: string): Statistical {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('notJson');
  }
  const found = value as Partial<Statistical> | null;
  if (!found || !Array.isArray(found.z) || !Array.isArray(found.beta) || found.z.length === 0) throw new Error('noPoints');
  if (found.beta.length !== found.z.length) throw new Error('lengths');
  if (typeof found.type === 'string' && !KINDS.includes(found.type)) throw new Error('kind');
  const specification = { ...found, type: found.type ?? 'RKMETableSpecification' } as Statistical;
  const all = points(specification);
  if (all.rows.length * all.dimension > NUMBERS_MAX) throw new Error('large');
  const isEven = all.rows.every((row) => row.length === all.dimension && row.every(Number.isFinite));
  if (!isEven || !all.weights.every(Number.isFinite)) throw new Error('numbers');
  return specification;
}

/** What is sent to a search: the points, without names of columns and words of categories. */
export function bare(specification: Statistical): Statistical {
  const sent = { ...specification };
  delete sent.input;
  return sent;
}

/** Whether two specifications can be compared, as the dock decides it. */
export function comparable(one: Statistical, other: Statistical): boolean {
  if (kindOf(one) !== kindOf(other)) return false;
  if (one.embedder && other.embedder) return one.embedder.digest === other.embedder.digest;
  return Boolean(one.embedder) === Boolean(other.embedder) && points(one).dimension === points(other).dimension;
}

export const nameOf = (semantic: Semantic | undefined, id = ''): string => semantic?.Name?.Values || id;
export const descriptionOf = (semantic: Semantic | undefined): string => semantic?.Description?.Values ?? '';

/** Tags of a learnware by kind, in the order in which they are shown. */
export function tags(semantic: Semantic | undefined): { kind: string; word: string }[] {
  if (!semantic) return [];
  const of = (kind: string, words: string[] | undefined) => (words ?? []).map((word) => ({ kind, word }));
  return [
    ...of('task', semantic.Task?.Values),
    ...of('data', semantic.Data?.Values),
    ...of('scenario', semantic.Scenario?.Values),
    ...of('library', semantic.Library?.Values?.filter((word) => word !== 'Others')),
    ...of('license', semantic.License?.Values),
  ];
}

/** Names of a table's inputs by place; places without a name are missing. */
export function inputNames(semantic: Semantic | undefined): Record<string, string> {
  return semantic?.Input?.Description ?? {};
}

/** How many inputs a column takes: one, or one for each word of its categories. */
export const widthOf = (column: Column): number => (column.encoding === 'one_hot' ? (column.values ?? []).length : 1);

/** What each input is called: its column, with the word where each word of a category has its own. */
export function namesByPlace(columns: Column[]): string[] {
  return columns.flatMap((column) => (column.encoding === 'one_hot' ? (column.values ?? []).map((word) => `${column.name} ${word}`) : [column.name]));
}

/** What the server is asked with for an island: its key without the words for people. */
export function bareIsland(island: IslandKey): IslandKey {
  const key = { ...island };
  delete key.name;
  return key;
}
