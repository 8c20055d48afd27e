// Sizes of what a first view of each page loads, compressed: `npm run sizes`. Fails when one is beyond the limit.
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const LIMIT = 200_000; // bytes of compressed script for a first view
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

const size = (file) => {
  const bytes = readFileSync(new URL(file, dist));
  return { raw: bytes.length, gzip: gzipSync(bytes).length, brotli: brotliCompressSync(bytes).length };
};

/** A chunk and what it imports at once. */
function closure(key, found = new Set()) {
  if (found.has(key)) return found;
  found.add(key);
  for (const other of manifest[key].imports ?? []) closure(other, found);
  return found;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const languages = Object.keys(manifest).filter((key) => /src\/i18n\/(en|zh)\/index\.ts$/.test(key));
const pages = Object.keys(manifest).filter((key) => /^src\/pages\/[\w-]+(\/index)?\.tsx$/.test(key)).sort();
let failed = false;
console.log('page             script gzip  brotli (kB), largest language included');
for (const page of pages) {
  const files = new Set([...closure(entry), ...closure(page)].map((key) => manifest[key].file));
  const sums = { gzip: 0, brotli: 0 };
  for (const file of files) for (const kind of ['gzip', 'brotli']) sums[kind] += size(file)[kind];
  for (const kind of ['gzip', 'brotli']) sums[kind] += Math.max(...languages.map((key) => size(manifest[key].file)[kind]));
  const name = page.replace(/^src\/pages\/|(\/index)?\.tsx$/g, '');
  console.log(`${name.padEnd(20)}${(sums.gzip / 1000).toFixed(1).padStart(8)}${(sums.brotli / 1000).toFixed(1).padStart(8)}`);
  if (sums.gzip > LIMIT) {
    failed = true;
    console.error(`${name} loads more than ${LIMIT / 1000} kB of compressed script at first`);
  }
}
const styles = readdirSync(new URL('assets/', dist)).filter((file) => file.endsWith('.css'));
for (const file of styles) console.log(`style ${(size(`assets/${file}`).gzip / 1000).toFixed(1)} kB gzip`);
process.exit(failed ? 1 : 0);
