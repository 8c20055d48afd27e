import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Blake3, firstBits } from '../src/lib/digests';

/** The bytes that the official test vectors of BLAKE3 are of: 0, 1, ..., 250, 0, 1, ... */
const pattern = (length: number) => Uint8Array.from({ length }, (_, place) => place % 251);

describe('BLAKE3', () => {
  // From test_vectors.json of the specification's repository, the first 32 bytes of `hash`.
  const vectors: [number, string][] = [
    [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
    [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
    [1023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
    [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
    [1025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
    [2048, 'e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a'],
    [31744, '62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47'],
  ];
  it.each(vectors)('of %i bytes', (length, wanted) => {
    expect(new Blake3().update(pattern(length)).hex()).toBe(wanted);
  });
  it('is the same in any pieces', () => {
    const bytes = pattern(5000);
    const pieces = new Blake3();
    for (let at = 0; at < bytes.length; at += 777) pieces.update(bytes.subarray(at, at + 777));
    expect(pieces.hex()).toBe(new Blake3().update(bytes).hex());
  });
});

describe('SHA-256', () => {
  it.each(['', 'abc', 'lwd_example:12345', 'x'.repeat(55), 'x'.repeat(56), 'x'.repeat(64), 'x'.repeat(200)])('of %j', (text) => {
    expect(firstBits(text)).toBe(createHash('sha256').update(text).digest().readUInt32BE(0));
  });
});
