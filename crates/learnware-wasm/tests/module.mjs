// Loads the module in Node and answers calls about files in a folder: `node module.mjs MODULE FOLDER < calls.json`.
// A call is {files, calls}: names in the folder, and calls one after the other; with `bytes`, the name of a file whose
// bytes go beside the call. Prints a JSON list with the answers of each, and how long they took.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [modulePath, folder] = process.argv.slice(2);
const code = await WebAssembly.compile(readFileSync(modulePath));

async function start(files) {
  let exports;
  const host = {
    file_read(file, offset, pointer, length) {
      const piece = files[file].bytes.subarray(offset, offset + length);
      new Uint8Array(exports.memory.buffer, pointer, piece.length).set(piece);
      return piece.length;
    },
    progress() {},
    panicked(pointer, length) {
      console.error(new TextDecoder().decode(new Uint8Array(exports.memory.buffer, pointer, length)));
    },
  };
  ({ exports } = await WebAssembly.instantiate(code, { host }));
  return exports;
}

function ask(exports, call, bytes = new Uint8Array()) {
  const header = new TextEncoder().encode(JSON.stringify(call));
  const length = 4 + header.length + bytes.length;
  const pointer = exports.learnware_alloc(length);
  const memory = new Uint8Array(exports.memory.buffer, pointer, length);
  new DataView(exports.memory.buffer).setUint32(pointer, header.length, true);
  memory.set(header, 4);
  memory.set(bytes, 4 + header.length);
  const begun = performance.now();
  const answer = exports.learnware_call(pointer, length);
  const seconds = (performance.now() - begun) / 1000;
  const view = new DataView(exports.memory.buffer);
  const [headerLength, bytesLength] = [view.getUint32(answer, true), view.getUint32(answer + 4, true)];
  const text = (from, count) => new TextDecoder().decode(new Uint8Array(exports.memory.buffer, from, count));
  const document = JSON.parse(text(answer + 8, headerLength));
  const beside = text(answer + 8 + headerLength, bytesLength);
  exports.learnware_free(answer, 8 + headerLength + bytesLength);
  return { document, beside, seconds, memoryBytes: exports.memory.buffer.byteLength };
}

const results = [];
for (const { files: names, calls } of JSON.parse(readFileSync(0, 'utf8'))) {
  const files = names.map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const exports = await start(files);
  const listed = files.map(({ name, bytes }) => [name, bytes.length]);
  const opened = files.length > 0 ? [ask(exports, { call: 'open', files: listed })] : [];
  const answers = calls.map(({ bytes, ...call }) => ask(exports, call, bytes ? readFileSync(join(folder, bytes)) : undefined));
  results.push([...opened, ...answers]);
}
console.log(JSON.stringify(results));
