/** The worker that reads files and makes specifications, so that the page never waits. One job at a time. */
import { LearnwareModule, Refused } from './module';
import type { Answer, FileReader as Reader } from './module';
import type { Progress } from './index';
import type { Refusal, Reply, Request } from './messages';

/** Milliseconds between two messages about progress. */
const PROGRESS_EVERY = 50;
/** Bytes read from a file at once; pieces of a file that follow each other come from what was read ahead. */
const READ_AHEAD = 1 << 20;

/** Reads in a worker without waiting for events; not among the types of pages. */
declare class FileReaderSync {
  readAsArrayBuffer(piece: Blob): ArrayBuffer;
}

const scope = self as unknown as { postMessage(message: Reply, transfer?: Transferable[]): void };

/** Reads dropped files piece by piece; nothing is held but the last piece. */
class DroppedFiles implements Reader {
  private files: File[] = [];
  private held = { file: -1, start: 0, bytes: new Uint8Array() };
  private readonly reader = new FileReaderSync();

  take(files: File[]): void {
    this.files = files;
    this.held = { file: -1, start: 0, bytes: new Uint8Array() };
  }

  read(file: number, offset: number, length: number): Uint8Array {
    const dropped = this.files[file];
    if (!dropped) throw new Error('there is no such file');
    const end = this.held.start + this.held.bytes.length;
    if (this.held.file !== file || offset < this.held.start || offset >= end) {
      const piece = dropped.slice(offset, offset + Math.max(length, READ_AHEAD));
      this.held = { file, start: offset, bytes: new Uint8Array(this.reader.readAsArrayBuffer(piece)) };
      tell({ stage: 'read', done: offset, total: dropped.size });
    }
    const from = offset - this.held.start;
    return this.held.bytes.subarray(from, from + length);
  }
}

const files = new DroppedFiles();
let current = 0;
let toldAt = 0;
let toldStage = '';

/** Tells the page how far the work is, not too often. */
function tell(progress: Progress): void {
  const now = performance.now();
  if (progress.stage === toldStage && now - toldAt < PROGRESS_EVERY) return;
  [toldAt, toldStage] = [now, progress.stage];
  scope.postMessage({ id: current, progress });
}

/** The module, fetched and compiled when it is first needed. */
let started: Promise<LearnwareModule> | undefined;

async function start(): Promise<LearnwareModule> {
  const address = new URL('./learnware.wasm', import.meta.url);
  const answer = await fetch(address);
  if (!answer.ok) throw absent(`the server answers ${answer.status} for ${address.pathname}`);
  return LearnwareModule.start(await compiled(answer), files, tell);
}

/** Compiles while it loads, where the server names the type of the file as it should. */
async function compiled(answer: Response): Promise<WebAssembly.Module> {
  const isTyped = answer.headers.get('content-type')?.startsWith('application/wasm') ?? false;
  return isTyped ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}

function absent(why: string): Refused {
  return new Refused({ code: 'absent', values: { reason: why }, message: `the part that reads data could not be loaded: ${why}`, hint: 'reload the page, or use the command `learnware spec`' });
}

/** A name with the folders that the file was dropped in. */
function nameOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

async function work({ call, files: dropped, bytes }: Request): Promise<Answer & { memoryBytes: number }> {
  started ??= start();
  let module: LearnwareModule;
  try {
    module = await started;
  } catch (error) {
    started = undefined;
    throw error instanceof Refused ? error : absent(String(error));
  }
  if (call.call === 'open') {
    files.take(dropped ?? []);
    const listed = (dropped ?? []).map((file) => [nameOf(file), file.size]);
    return { ...module.ask({ ...call, files: listed }), memoryBytes: module.memoryBytes };
  }
  return { ...module.ask(call, bytes), memoryBytes: module.memoryBytes };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  return { code: 'crashed', values: { reason: String(error) }, message: String(error), hint: 'reload the page and try again' };
}

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  current = data.id;
  toldStage = '';
  const begun = performance.now();
  work(data).then(
    ({ answer, bytes, memoryBytes }) => {
      const seconds = (performance.now() - begun) / 1000;
      scope.postMessage({ id: data.id, answer, bytes, seconds, memoryBytes }, [bytes.buffer]);
    },
    (error: unknown) => scope.postMessage({ id: data.id, refusal: refusalOf(error) }),
  );
});
