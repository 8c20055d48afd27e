// `npm run generator`: how long the page takes to make specifications of tables, and its longest task meanwhile.
// Prints a line for each number of rows: seconds from the drop to the columns, from the click to the specification, once
// and once more; what the module says it used; tasks of 50 ms or more on the page's own thread; requests meanwhile.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visit } from './browser.mjs';
import { start } from './dock.mjs';

const COLUMNS = 32;
const CLUSTERS = 8;
const ROWS = [10_000, 100_000];
const VISITS = 3;

/** Decimal numbers around some centres, the same each time. */
function table(rows) {
  let state = 7;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 4294967297;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const centres = Array.from({ length: CLUSTERS }, () => Array.from({ length: COLUMNS }, () => 4 * normal()));
  const lines = [Array.from({ length: COLUMNS }, (_, column) => `x${column}`).join(',')];
  for (let row = 0; row < rows; row += 1) lines.push(centres[row % CLUSTERS].map((centre) => (centre + normal()).toFixed(5)).join(','));
  return `${lines.join('\n')}\n`;
}

async function measure(browser, running, path) {
  const visitor = await visit(browser, running);
  const { page, go, requests } = visitor;
  await page.addInitScript(() => {
    globalThis.longest = [];
    // From a person's act to what answers it, as the page itself sees it.
    for (const act of ['change', 'click']) addEventListener(act, () => { globalThis.actedAt = performance.now(); }, true);
    globalThis.until = (wanted) => new Promise((resolve) => {
      const look = () => {
        const isThere = [...document.querySelectorAll('button')].some((button) => button.textContent === wanted);
        if (isThere) resolve((performance.now() - globalThis.actedAt) / 1000);
        return isThere;
      };
      const observer = new MutationObserver(() => { if (look()) observer.disconnect(); });
      if (!look()) observer.observe(document, { childList: true, subtree: true });
    });
    new PerformanceObserver((list) => globalThis.longest.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
  });
  await go('/search');
  await page.waitForLoadState('networkidle');
  const make = page.getByRole('button', { name: 'Make the specification' });
  const timed = async (act, wanted) => {
    await act();
    return page.evaluate((words) => globalThis.until(words), wanted);
  };
  const open = await timed(() => page.locator('input[type=file]').first().setInputFiles(path), 'Make the specification');
  const before = requests.length;
  await page.evaluate(() => { globalThis.longest.length = 0; });
  const generate = await timed(() => make.click(), 'Search with it');
  const [told] = await page.getByText(/ of memory/).allTextContents();
  await page.getByRole('button', { name: 'Back to the columns' }).click();
  const again = await timed(() => make.click(), 'Search with it');
  const tasks = await page.evaluate(() => globalThis.longest.map(Math.round));
  await visitor.context.close();
  return { open, generate, again, told, tasks, requests: requests.length - before };
}

const running = await start();
const browser = await launch();
try {
  for (const rows of ROWS) {
    const path = join(running.folder, `${rows}.csv`);
    writeFileSync(path, table(rows));
    for (let time = 0; time < VISITS; time += 1) {
      const { open, generate, again, told, tasks, requests } = await measure(browser, running, path);
      console.log(`${rows} x ${COLUMNS}: open ${open.toFixed(2)} s, generate ${generate.toFixed(2)} s, again ${again.toFixed(2)} s (the module: ${told}); tasks of 50 ms or more: ${tasks.join(', ') || 'none'}; requests: ${requests}`);
    }
  }
} finally {
  await browser.close();
  running.stop();
}
