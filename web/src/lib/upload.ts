/** Uploads a package in pieces that survive a lost connection and a reload, then submits it. */
import { api, ApiError, send } from '../api/client';
import type { Submitted } from '../api/types';
import { Blake3 } from './digests';

/** Bytes of a piece: small enough to be repeated on a slow link, large enough to be few. */
const PIECE = 2_097_152;
const TRIES = 5;

export interface UploadProgress {
  stage: 'digest' | 'send' | 'submit';
  done: number;
  total: number;
}

export interface Wish {
  replaces?: string;
  visibility?: string;
  organisation?: number;
}

export async function upload(zip: Blob, wish: Wish, onProgress: (progress: UploadProgress) => void): Promise<Submitted> {
  const digest = await digestOf(zip, (done) => onProgress({ stage: 'digest', done, total: zip.size }));
  let offset = await begun(digest, zip.size);
  let failures = 0;
  while (offset < zip.size) {
    onProgress({ stage: 'send', done: offset, total: zip.size });
    const end = Math.min(zip.size, offset + PIECE);
    try {
      await send('PATCH', `/uploads/${digest}`, { raw: zip.slice(offset, end), type: 'application/offset+octet-stream', headers: { 'Upload-Offset': String(offset) } });
      offset = end;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!canRepeat(error) || failures >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** failures));
      offset = await begun(digest, zip.size);
    }
  }
  onProgress({ stage: 'submit', done: zip.size, total: zip.size });
  return api.post<Submitted>(`/uploads/${digest}/submission`, undefined, { query: { ...wish } });
}

const canRepeat = (error: unknown) => error instanceof ApiError && (error.status === 0 || error.status >= 500 || error.status === 409 || error.status === 429);

/** Where an upload ends so far. */
async function begun(digest: string, size: number): Promise<number> {
  try {
    const response = await send('HEAD', `/uploads/${digest}`);
    const offset = Number(response.headers.get('Upload-Offset'));
    return Number.isFinite(offset) && offset <= size ? offset : 0;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return 0;
    throw error;
  }
}

async function digestOf(zip: Blob, onDone: (bytes: number) => void): Promise<string> {
  const hash = new Blake3();
  for (let at = 0; at < zip.size; at += PIECE) {
    hash.update(new Uint8Array(await zip.slice(at, Math.min(zip.size, at + PIECE)).arrayBuffer()));
    onDone(Math.min(zip.size, at + PIECE));
  }
  return hash.hex();
}
