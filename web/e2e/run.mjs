// `npm run e2e`: journeys in Chromium against the real binary on a fresh dock. Skipped loudly where one of them is missing.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHROMIUM, hasChromium, OUT } from './browser.mjs';
import { BINARY, isPossible, WEB } from './dock.mjs';

if (!hasChromium() || !isPossible()) {
  console.log(`SKIPPED: the journeys need Chromium (${CHROMIUM}, or CHROMIUM), the binary (${BINARY}, or LEARNWARE_BIN) and web/dist (npm run build).`);
  process.exit(0);
}
rmSync(OUT, { recursive: true, force: true });
const wanted = process.argv.slice(2);
const folder = join(WEB, 'e2e/journeys');
const files = readdirSync(folder).filter((file) => file.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((word) => file.includes(word))));
const done = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files.map((file) => join(folder, file))], { stdio: 'inherit' });
process.exit(done.status ?? 1);
