/** What a page and its worker tell each other. */
import type { Said } from '../lib/said';
import type { GenerateChoices, ModelSays, Progress } from './index';

/** A call of the page. */
export type Call =
  | { call: 'open'; charset?: string | undefined }
  | { call: 'generate'; choices: GenerateChoices; model?: ModelSays | undefined }
  | { call: 'model'; name: string }
  | { call: 'pack'; format: string; specification: unknown; semantic: unknown }
  | { call: 'read' }
  | { call: 'plane'; specifications: Record<string, unknown>[] }
  | { call: 'predict' };

/** To the worker: a call with its number; files where it opens some, bytes where it takes some. */
export interface Request {
  id: number;
  call: Call;
  files?: File[];
  bytes?: Uint8Array;
}

/** What is wrong, and what to do. */
export interface Refusal extends Said {
  hint: string;
}

/** From the worker: progress while it works, then an answer or a refusal. */
export type Reply =
  | { id: number; progress: Progress }
  | { id: number; answer: Record<string, unknown>; bytes: Uint8Array; seconds: number; memoryBytes: number }
  | { id: number; refusal: Refusal };
