/**
 * Specifications made in the browser: files go into a worker, a specification comes out, nothing is sent anywhere.
 *
 * The work is done by the same Rust code as the command's (`learnware spec`), compiled to WebAssembly by
 * `cargo xtask wasm`. The worker and the module load when they are first needed.
 */
import type { Said } from '../lib/said';
import type { Call, Reply, Request } from './messages';

export type DataKind = 'table' | 'text' | 'image';

/** A column of a table, before anything is made of it. */
export interface ColumnPreview {
  name: string;
  kind: 'number' | 'category' | 'text' | 'constant' | 'identifier';
  missing: number;
  /** Different values; `null` where they are too many to count. */
  distinct: number | null;
  examples: string[];
  /** Whether a specification can be made with it as it is. */
  used: boolean;
  /** Why it is left out, if it is. */
  reason: Said | null;
}

/** What the files hold. */
export interface DataPreview {
  kind: DataKind;
  name: string;
  rows: number;
  /** Empty for images and plain texts. */
  columns: ColumnPreview[];
  /** The first rows, as text. */
  sample: string[][];
  notes: Said[];
  /** Names of the sheets of a workbook. */
  sheets: string[];
  seconds: number;
}

/** What a person chose, as the flags of `learnware spec`. */
export interface GenerateChoices {
  /** Columns that are left out; those with `used: false` in the preview when absent. */
  drop?: string[];
  /** The column with the labels; `folder` for the names of folders. */
  labels?: string;
  /** The column or key with the texts. */
  text?: string;
  /** Corrected types: in a `number` column anything else counts as absent. */
  types?: Record<string, 'number' | 'category'>;
  sheet?: string;
  points?: number;
  seed?: number;
  /** Height and width that every image gets. */
  resize?: [number, number];
  /** Not used: the command has no such choice either. */
  rows?: number;
}

/** What the file of a model that is data says of itself; `format` is null where the file is no such model. */
export interface ModelSays {
  format: 'onnx' | 'lightgbm' | 'xgboost' | null;
  /** Shape of one example: one number for rows of a table. */
  shape: number[];
  /** Names of the columns in order; empty where the file has none. */
  columns: string[];
  task: string | null;
  /** Number of classes, or of quantities. */
  outputs: number | null;
  /** Labels of the classes; empty where the file has none. */
  classes: string[];
}

/** The file of a model that is data, and what it says. */
export interface ModelFile {
  file: File;
  says: ModelSays;
}

/** Task and outputs of a model, by its file and by the labels of its data; the dimension is 0 where neither tells it. */
export interface ModelAnswers {
  task: string | null;
  output: { Dimension: number; Description?: Record<string, string> };
  /** How many of the model's answers on labelled rows are right in this order of the classes; absent where they tell nothing. */
  order?: { right: number; rows: number; clear: boolean } | null;
}

/** What the specification tells about single rows: `sentences` in words, the numbers as `learnware spec --json` has them. */
export interface NearestReport {
  [key: string]: unknown;
}

export interface MadeSpecification {
  /** The reference's form, which `POST /api/v1/search` takes; no names of columns. */
  specification: Record<string, unknown>;
  /** The bytes that `learnware spec -o` writes. */
  json: Uint8Array;
  description: string;
  rows: number;
  dimension: number;
  points: number;
  bytes: number;
  seconds: number;
  /** Memory that the module has taken so far; it keeps what it took. */
  memoryBytes: number;
  disclosure: NearestReport;
  columns: string[];
  /** What a person should know. */
  notes: Said[];
  /** Where it was made for a model. */
  answers: ModelAnswers | null;
}

/** Points of several specifications in the plane that shows most of them. */
export interface Plane {
  /** Share of their spread that it shows, 0 to 1. */
  explained: number;
  sets: { points: { x: number; y: number; weight: number }[] }[];
}

/** How far a stage is; `total` is 0 where it is not known. */
export interface Progress {
  stage: 'read' | 'columns' | 'embed' | 'reduce' | 'report';
  done: number;
  total: number;
}

export interface Predicted {
  columns: string[];
  rows: string[][];
  seconds: number;
  csv: Uint8Array;
}

/** What is wrong and what to do next: a word and values for the page's own sentence, and an English one. */
export class MakerError extends Error implements Said {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = '',
    readonly values: Record<string, string> = {},
  ) {
    super(message);
    this.name = 'MakerError';
  }
}

interface Waiting {
  resolve(reply: Extract<Reply, { answer: unknown }>): void;
  reject(error: MakerError): void;
  onProgress: ((progress: Progress) => void) | undefined;
}

/** Makes specifications, one job after the other. */
export class SpecificationMaker {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private opened: File[] | undefined;
  private charset: string | undefined;
  private busy: Promise<unknown> = Promise.resolve();

  /** Reads what was dropped: one file, a zip, or several images or texts. */
  async open(files: File[], onProgress?: (progress: Progress) => void, charset?: string): Promise<DataPreview> {
    if (files.length === 0) throw new MakerError('no-file', 'There is no file');
    this.opened = files;
    this.charset = charset;
    const { answer, seconds } = await this.ask({ call: 'open', charset }, { files, onProgress });
    return { ...(answer as unknown as DataPreview), seconds };
  }

  /** Makes the specification of the files that were opened last. */
  async generate(choices: GenerateChoices, onProgress?: (progress: Progress) => void, model?: ModelFile): Promise<MadeSpecification> {
    if (!model) return made(await this.ask({ call: 'generate', choices }, { onProgress }));
    const bytes = new Uint8Array(await model.file.arrayBuffer());
    return made(await this.ask({ call: 'generate', choices, model: model.says }, { onProgress, bytes }));
  }

  /** Reads what a model's file says of itself. */
  async model(file: File): Promise<ModelSays> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return (await this.ask({ call: 'model', name: file.name }, { bytes })).answer as unknown as ModelSays;
  }

  /** The package that `learnware pack` makes of a model that is data. */
  async pack(model: File, format: string, specification: unknown, semantic: unknown): Promise<Blob> {
    const bytes = new Uint8Array(await model.arrayBuffer());
    const packed = await this.ask({ call: 'pack', format, specification, semantic }, { bytes });
    return new Blob([packed.bytes as Uint8Array<ArrayBuffer>], { type: 'application/zip' });
  }

  /** Reads somebody's specification file, of any kind that the reference has. */
  async read(bytes: Uint8Array): Promise<MadeSpecification> {
    return made(await this.ask({ call: 'read' }, { bytes }));
  }

  /** Puts the points of specifications of one kind into one plane. */
  async plane(specifications: Record<string, unknown>[]): Promise<Plane> {
    return (await this.ask({ call: 'plane', specifications }, {})).answer as unknown as Plane;
  }

  /** Predicts for the files that were opened last with a package whose model is data (ONNX, LightGBM, XGBoost). */
  async predict(packageZip: Uint8Array): Promise<Predicted> {
    const { answer, bytes, seconds } = await this.ask({ call: 'predict' }, { bytes: packageZip });
    return { ...(answer as unknown as Predicted), csv: bytes, seconds };
  }

  /** Stops what is being done; the next call starts anew, with the files that were opened. */
  cancel(): void {
    this.stop(new MakerError('cancelled', 'It was stopped'));
  }

  private stop(error: MakerError): void {
    this.worker?.terminate();
    this.worker = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const one of waiting) one.reject(error);
  }

  /** One job at a time: a call waits for the one before it. */
  private ask(call: Call, rest: { files?: File[]; bytes?: Uint8Array; onProgress?: ((progress: Progress) => void) | undefined }) {
    const job = this.busy.then(() => this.begin(call, rest));
    this.busy = job.catch(() => undefined);
    return job;
  }

  private async begin(call: Call, rest: { files?: File[]; bytes?: Uint8Array; onProgress?: ((progress: Progress) => void) | undefined }) {
    const needsFiles = call.call === 'generate' || call.call === 'predict';
    if (needsFiles && !this.worker && this.opened) await this.send({ call: 'open', charset: this.charset }, { files: this.opened });
    return this.send(call, rest);
  }

  private send(call: Call, { files, bytes, onProgress }: { files?: File[]; bytes?: Uint8Array; onProgress?: ((progress: Progress) => void) | undefined }) {
    const id = (this.last += 1);
    const worker = (this.worker ??= this.start());
    return new Promise<Extract<Reply, { answer: unknown }>>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onProgress });
      const request: Request = { id, call };
      if (files) request.files = files;
      if (bytes) request.bytes = bytes;
      worker.postMessage(request);
    });
  }

  private start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.hear(data));
    worker.addEventListener('error', () => {
      if (worker === this.worker) this.stop(new MakerError('absent', 'The part that reads data could not be started', 'reload the page', { reason: 'worker' }));
    });
    return worker;
  }

  private hear(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return;
    if ('progress' in reply) return waiting.onProgress?.(reply.progress);
    this.waiting.delete(reply.id);
    if ('answer' in reply) return waiting.resolve(reply);
    const { code, values, message, hint } = reply.refusal;
    waiting.reject(new MakerError(code, message, hint, values));
    // After a crash the module's memory is not to be trusted.
    if (code === 'crashed' || code === 'memory') this.stop(new MakerError('cancelled', 'It was stopped'));
  }
}

function made({ answer, bytes, seconds, memoryBytes }: Extract<Reply, { answer: unknown }>): MadeSpecification {
  const fields = answer as unknown as MadeSpecification;
  return { ...fields, notes: fields.notes ?? [], answers: fields.answers ?? null, json: bytes, seconds, memoryBytes };
}
