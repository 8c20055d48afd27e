// Files of web/dist in brotli beside themselves, made once here instead of for every visitor.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const SMALLEST = 1000; // bytes from which it pays

for (const file of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|html|svg|wasm)$/.test(file)) continue;
  const bytes = readFileSync(join(dist, file));
  if (bytes.length < SMALLEST) continue;
  // The highest quality takes a minute for the generator of specifications, and saves a twentieth.
  const quality = bytes.length > 1_000_000 ? 9 : 11;
  const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 22 } });
  writeFileSync(join(dist, `${file}.br`), small);
}
