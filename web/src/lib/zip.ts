/** Zips: the directory and small files of one without reading the whole, and the same zip with other words in it. By zip.js. */
import { BlobReader, BlobWriter, configure, HttpRangeReader, Uint8ArrayReader, ZipReader, ZipWriter, type FileEntry } from '@zip.js/zip.js/lib/zip-core-native.js';

// What is unpacked here is small; a worker made of a blob would be against the policy of these pages.
configure({ useWebWorkers: false });

/** Bytes of one file that are unpacked in the page at most. */
const UNPACKED_MAX = 8_000_000;

/** A file in a zip; its name is without the folder that everything lies in, where there is one. */
export interface Member {
  name: string;
  size: number;
  entry: FileEntry;
}

/** A zip is not one, or holds what is not read here. */
export class ZipError extends Error {}

/** The files of a zip that was dropped. */
export function ofFile(file: Blob): Promise<Member[]> {
  return members(new ZipReader(new BlobReader(file)));
}

/** The files of a zip at an address of this server, which answers ranges: the directory is read, not the whole. */
export function ofAddress(address: string): Promise<Member[]> {
  return members(new ZipReader(new HttpRangeReader(address, { credentials: 'same-origin' } as object)));
}

async function members(reader: ZipReader<unknown>): Promise<Member[]> {
  const found = (await reader.getEntries()).filter((entry): entry is FileEntry => !entry.directory);
  const files = found.filter(({ filename }) => !filename.startsWith('__MACOSX/') && filename !== '.DS_Store');
  const first = files[0]?.filename ?? '';
  const top = first.includes('/') ? `${first.split('/')[0]}/` : '';
  const isShared = top !== '' && files.every(({ filename }) => filename.startsWith(top));
  return files.map((entry) => ({ name: isShared ? entry.filename.slice(top.length) : entry.filename, size: entry.uncompressedSize, entry }));
}

/** The text of a small file; it stops when it becomes larger than may be, whatever the directory says. */
export async function text({ entry }: Member): Promise<string> {
  if (entry.uncompressedSize > UNPACKED_MAX) throw new ZipError('large');
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(part) {
      size += part.length;
      if (size > UNPACKED_MAX) throw new ZipError('large');
      parts.push(part);
    },
  });
  await entry.getData(sink);
  return new Blob(parts).text();
}

/** The same files with some replaced or added; those that stay are not unpacked. The same files give the same bytes. */
export async function rewrite(kept: Member[], files: Record<string, string>): Promise<Blob> {
  const pieces = kept.filter(({ name }) => !(name in files)).map(({ name, entry }) => ({ name, entry: entry as FileEntry | null, content: '' }));
  pieces.push(...Object.entries(files).map(([name, content]) => ({ name, entry: null, content })));
  pieces.sort((a, b) => (a.name < b.name ? -1 : 1));
  const writer = new ZipWriter(new BlobWriter('application/zip'), { lastModDate: new Date(1980, 0, 1), extendedTimestamp: false, dataDescriptor: false });
  for (const { name, entry, content } of pieces) {
    if (entry === null) {
      await writer.add(name, new Uint8ArrayReader(new TextEncoder().encode(content)), { level: 0 });
      continue;
    }
    const packed = new BlobWriter();
    await entry.getData(packed, { passThrough: true });
    const { uncompressedSize, crc32, compressionMethod } = entry;
    await writer.add(name, new BlobReader(await packed.getData()), { passThrough: true, uncompressedSize, crc32, compressionMethod });
  }
  return writer.close();
}
