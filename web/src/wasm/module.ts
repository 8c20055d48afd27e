/** The WebAssembly module and its plain interface: one call in, one answer out, both JSON with bytes beside it. */
import type { Progress } from './index';
import type { Refusal } from './messages';

/** The functions of the module, see crates/learnware-wasm/src/abi.rs. */
interface Exports {
  memory: WebAssembly.Memory;
  learnware_alloc(length: number): number;
  learnware_free(pointer: number, length: number): void;
  learnware_call(pointer: number, length: number): number;
}

/** Where the module gets the bytes of files from. */
export interface FileReader {
  /** Some bytes of a file from a place on, at most `length`; none only at its end. */
  read(file: number, offset: number, length: number): Uint8Array;
}

export interface Answer {
  answer: Record<string, unknown>;
  bytes: Uint8Array;
}

/** A refusal of the module, or its end. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

const STAGES: Progress['stage'][] = ['read', 'columns', 'embed', 'reduce', 'report'];
const LENGTHS_BYTES = 8;

/** A module that was started. After a crash it is of no use any more. */
export class LearnwareModule {
  private crash = '';
  private exports!: Exports;

  private constructor(
    private readonly files: FileReader,
    private readonly onProgress: (progress: Progress) => void,
  ) {}

  /** Starts the module from its compiled code. */
  static async start(code: WebAssembly.Module, files: FileReader, onProgress: (progress: Progress) => void): Promise<LearnwareModule> {
    const module = new LearnwareModule(files, onProgress);
    const instance = await WebAssembly.instantiate(code, { host: module.host() });
    module.exports = instance.exports as unknown as Exports;
    return module;
  }

  /** Bytes of memory that the module has taken; it gives none back. */
  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Asks the module; throws [`Refused`]. */
  ask(call: unknown, bytes: Uint8Array = new Uint8Array()): Answer {
    try {
      return this.answerAt(this.exports.learnware_call(...this.written(call, bytes)));
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw new Refused(this.ended(error));
    }
  }

  /** Writes a call into the module's memory. */
  private written(call: unknown, bytes: Uint8Array): [number, number] {
    const header = new TextEncoder().encode(JSON.stringify(call));
    const length = 4 + header.length + bytes.length;
    const pointer = this.exports.learnware_alloc(length);
    const view = new DataView(this.exports.memory.buffer, pointer, length);
    view.setUint32(0, header.length, true);
    const memory = new Uint8Array(this.exports.memory.buffer, pointer, length);
    memory.set(header, 4);
    memory.set(bytes, 4 + header.length);
    return [pointer, length];
  }

  /** Reads an answer and gives its memory back. */
  private answerAt(pointer: number): Answer {
    const { buffer } = this.exports.memory;
    const lengths = new DataView(buffer, pointer, LENGTHS_BYTES);
    const [headerLength, bytesLength] = [lengths.getUint32(0, true), lengths.getUint32(4, true)];
    const header = new TextDecoder().decode(new Uint8Array(buffer, pointer + LENGTHS_BYTES, headerLength));
    const bytes = new Uint8Array(buffer, pointer + LENGTHS_BYTES + headerLength, bytesLength).slice();
    this.exports.learnware_free(pointer, LENGTHS_BYTES + headerLength + bytesLength);
    const document = JSON.parse(header) as { ok?: Record<string, unknown>; error?: Refusal };
    if (document.error) throw new Refused(document.error);
    return { answer: document.ok ?? {}, bytes };
  }

  /** Why the module ended: it says so itself, or it found no more memory. */
  private ended(error: unknown): Refusal {
    if (this.crash) {
      return { code: 'crashed', values: { reason: this.crash }, message: `this should not have happened: ${this.crash}`, hint: 'tell us, with the file if you may' };
    }
    const size = Math.round(this.memoryBytes / 2 ** 20);
    const message = `the browser gave no more memory after ${size} MiB (${String(error)})`;
    return { code: 'memory', values: { size: String(size) }, message, hint: 'take a sample of the rows: 100,000 describe a distribution as well as more' };
  }

  /** What the module asks of us. */
  private host(): WebAssembly.ModuleImports {
    return {
      file_read: (file: number, offset: number, pointer: number, length: number): number => {
        try {
          const bytes = this.files.read(file, offset, length >>> 0);
          new Uint8Array(this.exports.memory.buffer, pointer >>> 0, bytes.length).set(bytes);
          return bytes.length;
        } catch {
          return -1;
        }
      },
      progress: (stage: number, done: number, total: number): void => {
        this.onProgress({ stage: STAGES[stage] ?? 'read', done, total: Math.max(total, 0) });
      },
      panicked: (pointer: number, length: number): void => {
        this.crash = new TextDecoder().decode(new Uint8Array(this.exports.memory.buffer, pointer >>> 0, length));
      },
    };
  }
}
