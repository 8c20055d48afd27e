/** Digests of packages, made piece by piece, and of the work before a registration. */
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** BLAKE3 of bytes that come in pieces. */
export class Blake3 {
  private readonly hash = blake3.create({});

  update(bytes: Uint8Array): this {
    this.hash.update(bytes);
    return this;
  }

  hex(): string {
    return bytesToHex(this.hash.digest());
  }
}

/** The first 32 bits of the SHA-256 of `text`. */
export function firstBits(text: string): number {
  const digest = sha256(utf8ToBytes(text));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}
