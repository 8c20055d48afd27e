/** Reads the directory and small files of a zip without reading the whole: of a local file, or of a package at the server by ranges. */

export interface Source {
  size: number;
  /** Bytes from `start` to before `end`. */
  read: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;
}

export interface Entry {
  name: string;
  method: number;
  packed: number;
  size: number;
  offset: number;
  checksum: number;
}

/** Bytes of one file that are unpacked in the page at most. */
const UNPACKED_MAX = 8_000_000;
const END_BYTES = 22;
const COMMENT_MAX = 65_535;

export class ZipError extends Error {}

export function ofFile(file: Blob): Source {
  return { size: file.size, read: async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer()) };
}

/** A zip at an address whose server answers ranges. */
export async function ofAddress(address: string): Promise<Source> {
  const ask = async (start: number, end: number) => {
    const response = await fetch(address, { headers: { Range: `bytes=${start}-${end - 1}` }, credentials: 'same-origin' });
    if (response.status !== 206) throw new ZipError('range');
    return response;
  };
  const first = await ask(0, 1);
  const size = Number(first.headers.get('Content-Range')?.split('/')[1]);
  if (!Number.isFinite(size)) throw new ZipError('range');
  return { size, read: async (start, end) => new Uint8Array(await (await ask(start, end)).arrayBuffer()) };
}

export async function entries(source: Source): Promise<Entry[]> {
  const from = Math.max(0, source.size - END_BYTES - COMMENT_MAX);
  const tail = await source.read(from, source.size);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  let end = tail.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) throw new ZipError('notZip');
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const offset = view.getUint32(end + 16, true);
  if (offset + size > source.size) throw new ZipError('notZip');
  const directory = offset >= from ? tail.subarray(offset - from, offset - from + size) : await source.read(offset, offset + size);
  return directoryEntries(directory, count);
}

function directoryEntries(bytes: Uint8Array, count: number): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new TextDecoder();
  const found: Entry[] = [];
  let at = 0;
  for (let place = 0; place < count && at + 46 <= bytes.length; place += 1) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new ZipError('notZip');
    const [name, extra, comment] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)];
    found.push({
      name: names.decode(bytes.subarray(at + 46, at + 46 + name)),
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
      checksum: view.getUint32(at + 16, true),
    });
    at += 46 + name + extra + comment;
  }
  return found;
}

export async function content(source: Source, entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.size > UNPACKED_MAX || entry.packed > UNPACKED_MAX) throw new ZipError('large');
  const head = await source.read(entry.offset, entry.offset + 30);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0, true) !== 0x04034b50) throw new ZipError('notZip');
  const from = entry.offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const packed = await source.read(from, from + entry.packed);
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw new ZipError('method');
  return inflate(packed);
}

/** Unpacks, and stops when it becomes larger than was declared possible. */
async function inflate(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > UNPACKED_MAX) throw new ZipError('large');
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export async function text(source: Source, entry: Entry): Promise<string> {
  return new TextDecoder().decode(await content(source, entry));
}

/** Names without the one folder that everything lies in, if it does. */
export function withoutFolder(found: Entry[]): { name: string; entry: Entry }[] {
  const files = found.filter((entry) => !entry.name.endsWith('/') && !entry.name.startsWith('__MACOSX/') && entry.name !== '.DS_Store');
  const top = files[0]?.name.includes('/') ? `${files[0].name.split('/')[0]}/` : '';
  const isShared = top !== '' && files.every((entry) => entry.name.startsWith(top));
  return files.map((entry) => ({ name: isShared ? entry.name.slice(top.length) : entry.name, entry }));
}

const table = new Uint32Array(256).map((_, value) => {
  let sum = value;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ table[(sum ^ byte) & 0xff]!;
  return (sum ^ 0xffffffff) >>> 0;
}

/** Something that becomes a file of a zip. */
interface Piece {
  name: string;
  method: number;
  sum: number;
  size: number;
  packed: Blob;
}

const stored = (name: string, bytes: Uint8Array<ArrayBuffer>): Piece => ({ name, method: 0, sum: checksum(bytes), size: bytes.length, packed: new Blob([bytes]) });

/** Writes a zip of stored files. */
export function write(files: Record<string, Uint8Array<ArrayBuffer>>): Blob {
  return assemble(Object.entries(files).map(([name, bytes]) => stored(name, bytes)));
}

/** The same zip with some files replaced or added; the others are not unpacked, nor read before they are sent. */
export async function rewrite(file: Blob, kept: { name: string; entry: Entry }[], files: Record<string, Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const pieces = Object.entries(files).map(([name, bytes]) => stored(name, bytes));
  for (const { name, entry } of kept) {
    if (name in files) continue;
    const head = new DataView(await file.slice(entry.offset, entry.offset + 30).arrayBuffer());
    const from = entry.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
    pieces.push({ name, method: entry.method, sum: entry.checksum, size: entry.size, packed: file.slice(from, from + entry.packed) });
  }
  return assemble(pieces);
}

/** Names sorted and times as at the beginning of 1980, so that the same files give the same bytes. */
function assemble(pieces: Piece[]): Blob {
  const parts: BlobPart[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  const sorted = [...pieces].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const piece of sorted) {
    const local = header(0x04034b50, [20], piece, []);
    parts.push(local, piece.packed);
    directory.push(header(0x02014b50, [20, 20], piece, [0, 0, 0, 0, 0, offset & 0xffff, offset >>> 16]));
    offset += local.length + piece.packed.size;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(END_BYTES));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, sorted.length, true);
  end.setUint16(10, sorted.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, end.buffer as ArrayBuffer], { type: 'application/zip' });
}

function header(signature: number, versions: number[], piece: Piece, more: number[]): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(piece.name);
  // Flags: names are UTF-8. Then the method, the time and the date.
  const shorts = [...versions, 0x0800, piece.method, 0, 0x21];
  const bytes = new Uint8Array(4 + shorts.length * 2 + 12 + 4 + more.length * 2 + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  let at = 4;
  for (const value of shorts) { view.setUint16(at, value, true); at += 2; }
  for (const value of [piece.sum, piece.packed.size, piece.size]) { view.setUint32(at, value, true); at += 4; }
  for (const value of [name.length, 0, ...more]) { view.setUint16(at, value, true); at += 2; }
  bytes.set(name, at);
  return bytes;
}
