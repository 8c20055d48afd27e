/** BLAKE3 (https://github.com/BLAKE3-team/BLAKE3-specs), unkeyed, 32 bytes: by it the server names an upload. */

const IV = Uint32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const CHUNK = 1024;
const BLOCK = 64;
const [CHUNK_START, CHUNK_END, PARENT, ROOT] = [1, 2, 4, 8];

/** The order in which each round reads the words of a block. */
const SCHEDULE = (() => {
  const rounds = [Array.from({ length: 16 }, (_, place) => place)];
  for (let round = 1; round < 7; round += 1) rounds.push(PERMUTATION.map((place) => rounds[round - 1]![place]!));
  return rounds.map((round) => Uint8Array.from(round));
})();

const MIXES = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]].map((mix) => Uint8Array.from(mix));

const state = new Uint32Array(16);

/** Mixes a block into `value`, which becomes the first half of the outcome. */
function compress(value: Uint32Array, words: Uint32Array, counter: number, length: number, flags: number): void {
  state.set(value, 0);
  state.set(IV.subarray(0, 4), 8);
  state[12] = counter >>> 0;
  state[13] = Math.floor(counter / 2 ** 32);
  state[14] = length;
  state[15] = flags;
  for (const order of SCHEDULE) {
    for (let mix = 0; mix < 8; mix += 1) {
      const places = MIXES[mix]!;
      const [a, b, c, d] = [places[0]!, places[1]!, places[2]!, places[3]!];
      const [x, y] = [words[order[2 * mix]!]!, words[order[2 * mix + 1]!]!];
      let [va, vb, vc, vd] = [state[a]!, state[b]!, state[c]!, state[d]!];
      va = (va + vb + x) | 0; vd ^= va; vd = (vd >>> 16) | (vd << 16);
      vc = (vc + vd) | 0; vb ^= vc; vb = (vb >>> 12) | (vb << 20);
      va = (va + vb + y) | 0; vd ^= va; vd = (vd >>> 8) | (vd << 24);
      vc = (vc + vd) | 0; vb ^= vc; vb = (vb >>> 7) | (vb << 25);
      state[a] = va; state[b] = vb; state[c] = vc; state[d] = vd;
    }
  }
  for (let place = 0; place < 8; place += 1) value[place] = state[place]! ^ state[place + 8]!;
}

const words = new Uint32Array(16);

function load(bytes: Uint8Array, from: number, length: number): void {
  words.fill(0);
  for (let place = 0; place < length; place += 1) words[place >> 2]! |= bytes[from + place]! << ((place & 3) * 8);
}

/** A digest that is made piece by piece. */
export class Blake3 {
  private readonly stack: Uint32Array[] = [];
  private readonly chunk = new Uint8Array(CHUNK);
  private filled = 0;
  private chunks = 0;

  update(bytes: Uint8Array): this {
    let at = 0;
    while (at < bytes.length) {
      if (this.filled === CHUNK) this.close();
      const count = Math.min(CHUNK - this.filled, bytes.length - at);
      this.chunk.set(bytes.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
    }
    return this;
  }

  /** A chunk that others follow is full, and joins those before it. */
  private close(): void {
    let value = this.chunkValue(0);
    this.chunks += 1;
    for (let total = this.chunks; (total & 1) === 0; total >>>= 1) value = parent(this.stack.pop()!, value, 0);
    this.stack.push(value);
    this.filled = 0;
  }

  private chunkValue(last: number): Uint32Array {
    const value = IV.slice();
    const blocks = Math.max(1, Math.ceil(this.filled / BLOCK));
    for (let block = 0; block < blocks; block += 1) {
      const length = Math.min(BLOCK, this.filled - block * BLOCK);
      load(this.chunk, block * BLOCK, length);
      const flags = (block === 0 ? CHUNK_START : 0) | (block === blocks - 1 ? CHUNK_END | last : 0);
      compress(value, words, this.chunks, length, flags);
    }
    return value;
  }

  hex(): string {
    let value = this.chunkValue(this.stack.length === 0 ? ROOT : 0);
    for (let place = this.stack.length - 1; place >= 0; place -= 1) value = parent(this.stack[place]!, value, place === 0 ? ROOT : 0);
    return [...new Uint8Array(value.buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

function parent(left: Uint32Array, right: Uint32Array, flags: number): Uint32Array {
  const value = IV.slice();
  words.set(left, 0);
  words.set(right, 8);
  compress(value, words, 0, BLOCK, PARENT | flags);
  return value;
}
