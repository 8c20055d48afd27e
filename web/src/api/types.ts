/** Words on the wire. Most come from the server's description; the few that it leaves open are written here. */
import type { components } from './schema';

type Schemas = components['schemas'];
export type Account = Schemas['Account'];
export type AuditEntry = Schemas['AuditEntry'];
export type Challenge = Schemas['Challenge'];
export type CheckEvent = Schemas['CheckEvent'];
export type ClassOfOther = Schemas['ClassOfOther'];
export type DockInfo = Schemas['DockInfo'];
export type Estate = Schemas['Estate'];
export type Figures = Schemas['Figures'];
export type LoginServices = Schemas['LoginServices'];
export type Predictions = Schemas['Predictions'];
export type Placed = Schemas['Placed'];
export type RelatedClass = Schemas['RelatedClass'];
export type Setting = Schemas['Setting'];
export type Storage = Schemas['Storage'];
export type Dataset = Schemas['Dataset'];

export interface EvolvedIsland {
  island: unknown;
  learnwares: number;
  /** Whether its searches use what was learned. */
  is_better: boolean;
  quality: { tasks: number; by_distance: number; by_capability: number; error: number };
  retirements: { id: string; by: string; tasks: number; loss: number }[];
  anchors: string[];
}

export type Evolution = Omit<Schemas['Evolution'], 'report'> & {
  report: { measured: number; unmeasured: { id: string; reason: string }[]; islands: EvolvedIsland[]; world?: { map: { learnwares: number; descriptions: number }; is_new: boolean } | null };
};
export type Excerpt = Schemas['Excerpt'];
export type Granted = Schemas['Granted'];
export type Job = Schemas['Job'];
export type Me = Schemas['Me'];
export type Member = Schemas['Member'];
export type Organisation = Schemas['Organisation'];
export type Session = Schemas['Session'];
export type Submitted = Schemas['Submitted'];
export type Token = Schemas['Token'];
export type WordReadings = Schemas['WordReadings'];

/** A field of a semantic specification in the reference's form. */
interface Words {
  Type: string;
  Values: string[];
}
interface Line {
  Type: string;
  Values: string;
}

/** How a raw column became numbers. */
export interface Column {
  name: string;
  kind: 'number' | 'category';
  values?: string[];
  encoding?: 'ordinal' | 'one_hot';
  missing: 'refuse' | 'keep' | 'code' | { fill: number };
}

export interface Dimensions {
  Dimension: number;
  Description?: Record<string, string>;
  Columns?: Column[];
}

/** What a learnware is for, in words (the reference's form). */
export interface Semantic {
  Name?: Line;
  Description?: Line;
  Data?: Words;
  Task?: Words;
  Model?: Words;
  Library?: Words;
  Scenario?: Words;
  License?: Words;
  Input?: Dimensions;
  Output?: Dimensions;
}

/** Numbers in any depth: a point of an image specification is channels of rows of numbers. */
export type Nested = number | Nested[];

/** A statistical specification (the reference's form): weighted points. */
export interface Statistical {
  type?: string;
  z: Nested[];
  beta: number[];
  gamma?: number;
  num_points?: number;
  embedder?: { name: string; digest: string; dimension: number } | null;
  language?: string[];
  image_shape?: number[];
  input?: Dimensions;
}

/** Key of an island; `name` is a sentence for people. */
export interface IslandKey {
  kind: string;
  dimension?: number;
  name?: string;
  [more: string]: unknown;
}

export interface Finding {
  stage: 'format' | 'semantic' | 'statistical' | 'model';
  code: string;
  severity: 'error' | 'warning' | 'note';
  message: string;
  advice: string;
}

export interface CheckReport {
  findings: Finding[];
}

/** What became of a model that is code when it was to be written as data. */
export type DataForm =
  | { state: 'converted'; format: string; compared: number; difference: number; digest: string; size_bytes: number }
  | { state: 'impossible'; reason: string };

export type Version = Omit<Schemas['Version'], 'semantic' | 'statistical' | 'report' | 'data'> & {
  data?: DataForm;
  semantic: Semantic;
  statistical: Statistical[];
  report?: CheckReport | null;
};

export type Learnware = Omit<Schemas['Learnware'], 'versions'> & { versions: Version[] };

export type LearnwareSummary = Omit<Schemas['LearnwareSummary'], 'semantic' | 'statistical'> & {
  semantic: Semantic;
  statistical?: Statistical[] | null;
};

export type LearnwarePage = Omit<Schemas['LearnwarePage'], 'learnwares'> & { learnwares: LearnwareSummary[] };

export type Verdict = 'unknown' | 'fits' | 'fits_partly' | 'nothing_fits';

/** One learnware of an answer. Distances are squared MMD: 0 is the same distribution. */
export interface Single {
  id: string;
  distance: number | null;
  percentile: number | null;
  similarity: number | null;
  covered: number | null;
  /** What it is expected to lose on the user's data, where the dock has learned that. */
  expected_loss?: number | null;
  score: number | null;
}

/** Several learnwares with weights that sum to one. */
export interface Multiple {
  members: { id: string; weight: number }[];
  distance: number;
  covered: number;
  percentile: number | null;
  gap: number | null;
}

export interface LeftOut {
  id: string;
  reason: 'adds_nothing' | 'adds_little' | 'full' | 'no_mixture' | 'passed_over';
  similarity: number;
  most_like: string;
  gain: number;
  distance_without: number;
}

export interface Explanation {
  kernel: { columns: number; constant_columns: number; scaled_by: number; widths: number[] };
  background: { median: number; pairs: number } | null;
  fits_from: number;
  nothing_below: number;
  others_from: number | null;
  left_out: LeftOut[];
}

export interface Funnel {
  total: number;
  excluded: number;
  semantic: number;
  other_islands: { island: IslandKey; learnwares: number }[];
  other_languages: number;
  comparable: number;
  evaluated: number;
  certified: boolean;
}

/** Which of the user's columns is which of a learnware's. */
export interface MatchedColumns {
  id: string;
  matching: { pairs: { user: number; other: number; certainty: number; reason: string }[]; user_alone: number[]; other_alone: number[] };
}

export interface WorldSearch {
  placed: number;
  without_place: number;
  columns: MatchedColumns[];
}

export interface SearchAnswer {
  verdict: Verdict;
  covered: number | null;
  island: IslandKey | null;
  single: Single[];
  /** By what they are ordered. */
  ranking?: 'capability' | 'distance';
  /** How the user's columns came into the world, where that was searched. */
  world?: WorldSearch;
  multiple: Multiple | null;
  /** Learnwares that take a part of the user's columns, by their places, where that was asked for. */
  parts?: (Single & { columns: number[] })[];
  funnel: Funnel;
  explanation: Explanation | null;
  learnwares: Record<string, Semantic>;
  words: WordReadings | null;
  revision: number;
}

/** All islands as one picture: discs in the unit square, `y` downwards. */
export type WorldMap = Omit<Schemas['WorldMap'], 'islands'> & { islands: (Omit<Schemas['WorldIsland'], 'island'> & { island: IslandKey })[] };
