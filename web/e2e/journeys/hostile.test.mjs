// Names, descriptions, inputs, file names and addresses with markup in them are text everywhere.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe, fits, launch, shot, signIn, visit } from '../browser.mjs';
import { administrator, packageWith, person, start, submit } from '../dock.mjs';

let running, browser, ada, id;
const NAME = '<img src=x onerror="pwned=1">';
const DESCRIPTION = [
  '# <script>pwned=1</script>', '<img src=x onerror=pwned=1>', '![picture](https://elsewhere.example/track.png)', '[link](javascript:pwned=1)',
  '[other](https://elsewhere.example/)', '<style>body{display:none}</style>', '<iframe src=https://elsewhere.example></iframe>', '<svg onload=pwned=1>', `${'w'.repeat(300)}`,
].join('\n\n');

before(async () => {
  running = await start();
  browser = await launch();
  ada = await administrator(running);
  const mallory = await person(running, 'Mallory');
  const worker = running.worker();
  const bytes = await packageWith(running, '00000001', (semantic) => {
    semantic.Name.Values = NAME;
    semantic.Description.Values = DESCRIPTION;
    for (const key of Object.keys(semantic.Input.Description)) semantic.Input.Description[key] = `<b onmouseover=pwned=1>${key}</b>`;
    for (const column of semantic.Input.Columns ?? []) column.name = `<i>"'${column.name}</i>`;
    semantic.Output.Description[0] = '<u>zero</u>';
  }, { '<b>file.txt': 'x', 'requirements.txt': '# <script>pwned=1</script>\nnumpy\n' });
  id = await submit(running, mallory, bytes);
  await worker.stop();
});
after(async () => {
  await browser?.close();
  running?.stop();
});

/** Nothing of a stranger became an element, ran or was asked for. */
async function inert(page, where) {
  const found = await page.evaluate(() => ({
    ran: 'pwned' in globalThis,
    elements: document.querySelectorAll('main img, main iframe, main style, main script, main [onerror], main [onload], main [onmouseover], main b[onmouseover], main u').length,
    links: [...document.querySelectorAll('main a')].filter((link) => !/^(https?:|mailto:)/.test(link.href)).map((link) => link.href),
  }));
  assert.deepEqual(found, { ran: false, elements: 0, links: [] }, where);
}

test('a hostile learnware is text on every page that shows it', async () => {
  const visitor = await visit(browser, running, { width: 390 });
  const { page, go, faults } = visitor;
  for (const path of ['/', '/search', '/search?q=img', `/search?like=${id}`, '/search?like=00000001', `/compare?ids=${id},00000002`, '/learnwares/00000001', `/learnwares/${id}`]) {
    await go(path);
    await inert(page, path);
    faults.push(...(await fits(page, path)));
  }
  await page.getByText('Files and dependencies').click();
  await page.getByText('<b>file.txt').waitFor();
  await inert(page, 'files');
  const link = page.getByRole('link', { name: 'other' });
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
  await shot(page, 'hostile-learnware');
  faults.push(...(await axe(page, 'a hostile learnware')));
  await signIn(visitor, ada);
  for (const path of ['/administration/queue', '/administration/audit', '/administration/accounts', '/administration']) {
    await go(path);
    await inert(page, path);
  }
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('hostile files and addresses of the visitor are text too', async () => {
  const visitor = await visit(browser, running);
  const { page, go, faults } = visitor;
  const path = join(running.folder, '<img src=x onerror=pwned=1>.csv');
  writeFileSync(path, `"<b onmouseover=pwned=1>a</b>","<script>pwned=1</script>"\n${Array.from({ length: 30 }, (_, row) => `${row},${row * 2}`).join('\n')}\n`);
  await go('/search');
  await page.locator('input[type=file]').first().setInputFiles(path);
  await page.getByRole('button', { name: 'Make the specification' }).waitFor();
  await inert(page, 'columns');
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByRole('button', { name: 'Search with it' }).click({ timeout: 60_000 });
  await page.getByText('No learnware was found').waitFor();
  await inert(page, 'task');
  await go(`/search?q=${encodeURIComponent('<script>pwned=1</script>')}&task=${encodeURIComponent('"><img src=x onerror=pwned=1>')}`);
  await inert(page, 'query');
  await go(`/login?next=${encodeURIComponent('//elsewhere.example/')}`);
  await signIn(visitor, ada);
  assert.equal(new URL(page.url()).origin, running.base);
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});
