// A fresh quickstart dock behind a server that carries the pages, and people who have accounts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { createHash } from 'node:crypto';

export const WEB = fileURLToPath(new URL('..', import.meta.url));
export const BINARY = process.env.LEARNWARE_BIN ?? join(WEB, '../target/debug/learnware');
export const PASSWORD = 'a sentence to keep in mind';

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** Starts everything; `stop()` ends it and removes the folder. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'learnware-e2e-'));
  const made = spawnSync(BINARY, ['quickstart', '--dir', join(folder, 'quickstart'), '--quiet'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`learnware quickstart failed: ${made.stderr}`);
  const dock = join(folder, 'quickstart/dock');
  const port = await freePort();
  const environment = { ...process.env, LEARNWARE_WEB_DIR: join(WEB, 'dist'), LEARNWARE_REQUESTS_BURST: '5000', LEARNWARE_REQUESTS_PER_SECOND: '1000', LEARNWARE_LOGINS_PER_MINUTE: '600' };
  const server = spawn(BINARY, ['serve', '--dock', dock, '--listen', `127.0.0.1:${port}`, '--workers', '0'], { env: environment });
  let log = '';
  server.stdout.on('data', (text) => { log += text; });
  server.stderr.on('data', (text) => { log += text; });
  const address = `http://127.0.0.1:${port}`;
  await until('the server', 30, async () => (await fetch(`${address}/readyz`)).ok);
  const running = { folder, dock, address, task: join(folder, 'quickstart/task.csv'), children: [server], log: () => log, environment };
  running.base = address;
  running.worker = () => startWorker(running);
  running.stop = () => {
    for (const child of running.children) child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  return running;
}

/** A process that makes the checks that wait. */
function startWorker(running) {
  const worker = spawn(BINARY, ['worker', '--dock', running.dock], { env: running.environment, stdio: 'ignore' });
  running.children.push(worker);
  return { stop: () => new Promise((resolve) => { worker.on('exit', resolve); worker.kill('SIGTERM'); }) };
}

export async function ask(running, method, path, { body, secret, raw, type } = {}) {
  const headers = { 'X-Learnware-Request': 'page' };
  if (secret) headers.Authorization = `Bearer ${secret}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (raw) headers['Content-Type'] = type;
  const response = await fetch(`${running.address}/api/v1${path}`, { method, headers, body: body === undefined ? raw : JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** The first administrator, by the invitation that the server printed. */
export async function administrator(running) {
  const person = { email: 'ada@example.org', name: 'Ada', password: PASSWORD };
  const code = await until('the invitation', 5, async () => /lwd_[0-9a-f]+/.exec(running.log())?.[0]);
  await ask(running, 'POST', '/accounts/invitation', { body: { ...person, code } });
  return person;
}

/** Somebody who registered and confirmed; the code is in the operator's log. */
export async function person(running, name) {
  const who = { email: `${name.toLowerCase()}@example.org`, name, password: PASSWORD };
  const { challenge, bits } = await ask(running, 'POST', '/accounts/challenge');
  let nonce = 0;
  while (Math.clz32(createHash('sha256').update(`${challenge}:${nonce}`).digest().readUInt32BE(0)) < bits) nonce += 1;
  const before = running.log().length;
  await ask(running, 'POST', '/accounts', { body: { ...who, code: challenge, nonce: String(nonce) } });
  const code = await until('the code', 5, async () => /lwd_[0-9a-f]+/.exec(running.log().slice(before))?.[0]);
  await ask(running, 'POST', '/accounts/confirm', { body: { code } });
  return who;
}

export const login = async (running, { email, password }) => (await ask(running, 'POST', '/sessions', { body: { email, password } })).secret;

export async function packageOf(running, id) {
  const response = await fetch(`${running.address}/api/v1/learnwares/${id}/package`);
  return Buffer.from(await response.arrayBuffer());
}

/** A file of a zip whose entries are stored or deflated. */
export function unzip(zip, name) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = zip.readUInt32LE(end + 16);
  for (let place = 0; place < zip.readUInt16LE(end + 10); place += 1) {
    const [method, packed, length, extra, comment, offset] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    if (zip.toString('utf8', at + 46, at + 46 + length) === name) {
      const from = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
      const bytes = zip.subarray(from, from + packed);
      return method === 8 ? inflateRawSync(bytes) : bytes;
    }
    at += 46 + length + extra + comment;
  }
  throw new Error(`${name} is not in the zip`);
}

export const isPossible = () => existsSync(BINARY) && existsSync(join(WEB, 'dist/index.html'));

const CRC = Array.from({ length: 256 }, (_, value) => { let sum = value; for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1; return sum >>> 0; });
const checksum = (bytes) => { let sum = 0xffffffff; for (const byte of bytes) sum = (sum >>> 8) ^ CRC[(sum ^ byte) & 255]; return (sum ^ 0xffffffff) >>> 0; };

/** A zip of stored files. */
export function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const [label, bytes] = [Buffer.from(name), Buffer.from(content)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(checksum(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(label.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), common, label, bytes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, label);
    offset += 30 + label.length + bytes.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

/** The package of a learnware with other words in it. */
export async function packageWith(running, id, change, more = {}) {
  const bytes = await packageOf(running, id);
  const semantic = JSON.parse(unzip(bytes, 'semantic_specification.json').toString('utf8'));
  delete semantic.learnware_id;
  change(semantic);
  const manifest = unzip(bytes, 'learnware.yaml').toString('utf8').replace(/^id:.*\n/m, '');
  const named = [...manifest.matchAll(/file_name: (\S+)/g)].map((match) => match[1]).filter((name) => name !== 'semantic_specification.json');
  const files = Object.fromEntries(named.map((name) => [name, unzip(bytes, name)]));
  return zip({ 'learnware.yaml': manifest, ...files, 'semantic_specification.json': JSON.stringify(semantic), ...more });
}

/** Submits a package as a program does, and waits for its check. */
export async function submit(running, who, bytes, wait = true) {
  const secret = await login(running, who);
  const { id } = await ask(running, 'POST', '/learnwares', { raw: bytes, type: 'application/zip', secret });
  if (wait) await until('the check', 60, async () => ['usable', 'non_usable', 'invalid'].includes((await ask(running, 'GET', `/learnwares/${id}`, { secret })).versions.at(-1).status));
  return id;
}

export { until };
