// Searching by data that are dropped: the specification is made here, nothing is sent meanwhile, and the answer is read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { axe, fits, launch, shot, visit } from '../browser.mjs';
import { start } from '../dock.mjs';

let running, browser;
before(async () => {
  running = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  running?.stop();
});

const drop = (page, files) => page.locator('input[type=file]').first().setInputFiles(files);

async function searchByTask(visitor) {
  const { page, go } = visitor;
  await go('/search');
  await drop(page, running.task);
  await page.getByLabel('Column with the labels').selectOption('digit');
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByRole('button', { name: 'Search with it' }).click({ timeout: 60_000 });
  await page.getByRole('heading', { name: /These learnwares fit/ }).waitFor();
}

test('a dropped table finds learnwares, and making its specification sends nothing', async () => {
  const visitor = await visit(browser, running);
  const { page, go, faults, requests } = visitor;
  await go('/search');
  await page.waitForLoadState('networkidle');
  await drop(page, running.task);
  await page.getByLabel('Column with the labels').selectOption('digit');
  await shot(page, 'search-columns');
  // What makes specifications is loaded by now; from here on nothing may be asked for.
  const before = requests.length;
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByRole('button', { name: 'Search with it' }).waitFor({ timeout: 60_000 });
  const sent = requests.slice(before).filter((request) => !/\/assets\/|blob:/.test(request));
  assert.deepEqual(sent, [], 'requests while the specification was made');
  await shot(page, 'search-made');
  faults.push(...(await axe(page, 'a specification that was made')));
  await page.getByRole('button', { name: 'Search with it' }).click();
  await page.getByRole('heading', { name: /These learnwares fit/ }).waitFor();
  await page.getByRole('heading', { name: 'A team is nearer' }).waitFor();
  await page.locator('svg.overlap').first().waitFor();
  assert.ok((await page.locator('li.result').count()) >= 5);
  const posted = requests.filter((request) => request.startsWith('POST') && !request.endsWith('/specifications'));
  assert.ok(posted.every((request) => request.endsWith('/api/v1/search')), posted.join('\n'));
  await page.locator('details.fit summary').first().click();
  await page.getByText('Inputs that differ most').first().waitFor();
  await page.locator('details.explain summary').click();
  await page.getByText('What is proved').waitFor();
  await shot(page, 'search-task');
  faults.push(...(await axe(page, 'results')), ...(await fits(page, 'results')));
  await page.reload({ waitUntil: 'networkidle' });
  await page.getByRole('heading', { name: /These learnwares fit/ }).waitFor();
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('what the dock is told has no names of columns and no rows', async () => {
  const visitor = await visit(browser, running);
  const bodies = [];
  visitor.page.on('request', (request) => { if (request.url().endsWith('/search') && request.method() === 'POST') bodies.push(request.postData() ?? ''); });
  await searchByTask(visitor);
  assert.ok(bodies.length > 0);
  for (const body of bodies) {
    assert.ok(!body.includes('pixel_'), 'a column is named');
    assert.deepEqual(Object.keys(JSON.parse(body).statistical[0]).filter((key) => !['z', 'beta', 'gamma', 'type', 'num_points'].includes(key)), []);
  }
  await visitor.context.close();
});

test('an address holds the search, with the specification when its owner wants so', async () => {
  const visitor = await visit(browser, running);
  await searchByTask(visitor);
  const { page } = visitor;
  await page.getByRole('button', { name: 'Copy with your specification' }).click();
  await page.getByText(/Copied, .* stands behind the #/).waitFor();
  const address = await page.evaluate(() => navigator.clipboard.readText());
  const other = await visit(browser, running);
  await other.page.goto(address, { waitUntil: 'networkidle' });
  await other.page.getByRole('heading', { name: /These learnwares fit/ }).waitFor();
  assert.ok(other.requests.every((request) => !request.includes('spec=')), 'the specification is in a request');
  assert.ok(!other.page.url().includes('spec='), 'the specification stays in the address bar');
  await other.context.close();
  await visitor.context.close();
});

test('specification files of every kind are taken, and wrong ones say what is wrong', async () => {
  const visitor = await visit(browser, running);
  const { page, go, faults } = visitor;
  const numbers = (count, seed) => Array.from({ length: count }, (_, place) => Math.sin(seed * 97 + place * 13.7) * 50);
  const z = (points, dimension) => Array.from({ length: points }, (_, point) => numbers(dimension, point));
  const image = Array.from({ length: 4 }, (_, point) => Array.from({ length: 3 }, () => Array.from({ length: 32 }, (_, row) => numbers(32, point + row).map(Math.abs))));
  const files = {
    'far.json': [{ type: 'RKMEStatSpecification', z: z(20, 64), beta: Array(20).fill(0.05), gamma: 0.1 }, /Nothing here fits your data/],
    'wide.json': [{ type: 'RKMETableSpecification', z: z(5, 30), beta: Array(5).fill(0.2) }, /No learnware was found/],
    'text.json': [{ type: 'RKMETextSpecification', z: z(5, 384), beta: Array(5).fill(0.2), language: ['en'] }, /No learnware was found/],
    'image.json': [{ type: 'RKMEImageSpecification', z: image, beta: Array(4).fill(0.25) }, /No learnware was found/],
    'parameters.pth': [readFileSync(join(import.meta.dirname, '../../../fixtures/parameters/300-0-float32.pth')), /No learnware was found/],
    'wrong.json': [{ type: 'RKMETableSpecification', z: [[1], [1, 2]], beta: [1, 1] }, /another length than the first/],
  };
  for (const [name, [document, wanted]] of Object.entries(files)) {
    const path = join(running.folder, name);
    writeFileSync(path, Buffer.isBuffer(document) ? document : JSON.stringify(document));
    await go('/search');
    const forget = page.getByRole('button', { name: 'Forget it' });
    if (await forget.isVisible()) await forget.click();
    await drop(page, path);
    await page.getByText(wanted).first().waitFor({ timeout: 15_000 });
    await page.waitForTimeout(200);
    await shot(page, `search-${name.replace(/\.\w+$/, '')}`);
  }
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('words, filters, order, comparison: all in the address', async () => {
  const visitor = await visit(browser, running);
  const { page, go, faults } = visitor;
  await go('/search');
  await page.getByLabel('Words').fill('handwriten digits');
  await page.keyboard.press('Enter');
  await page.getByText(/was read as/).waitFor();
  await page.locator('details', { hasText: 'Model stored as' }).locator('summary').click();
  await page.getByRole('checkbox', { name: /ONNX/ }).check();
  await page.waitForURL(/format=onnx/);
  await page.getByRole('checkbox', { name: /^Compare/ }).nth(0).check();
  await page.getByRole('checkbox', { name: /^Compare/ }).nth(1).check();
  await page.getByRole('link', { name: 'Compare', exact: true }).click();
  await page.waitForURL(/compare\?ids=\d{8},\d{8}/);
  await page.locator('svg.overlap').waitFor();
  await shot(page, 'compare');
  await page.goBack();
  await page.getByRole('button', { name: /Remove filter ONNX/ }).waitFor();
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('the demonstration finds what it mixed', async () => {
  const visitor = await visit(browser, running, { width: 390 });
  const { page, go, faults } = visitor;
  await go('/');
  await page.getByRole('button', { name: 'Run it' }).click();
  await page.getByText(/Both were found|of the two were found/).waitFor();
  await page.locator('svg.overlap').waitFor();
  await shot(page, 'home-demonstration');
  faults.push(...(await axe(page, 'demonstration')), ...(await fits(page, 'demonstration')));
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('the keyboard alone is enough to search and open a result', async () => {
  const visitor = await visit(browser, running);
  const { page, go } = visitor;
  await go('/search');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
  await page.keyboard.press('Enter');
  await page.getByLabel('Words').focus();
  await page.keyboard.type('bank');
  await page.keyboard.press('Enter');
  const link = page.getByRole('link', { name: /Savings bank/ });
  await link.waitFor();
  await link.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/learnwares\/\d{8}/);
  await page.getByRole('tab', { name: 'Command line' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getByRole('tab', { name: 'Python' }).getAttribute('aria-selected'), 'true');
  await visitor.context.close();
});


test('a learnware whose model is data is tried in the page', async () => {
  const visitor = await visit(browser, running);
  const { page, go, faults, requests } = visitor;
  await go('/learnwares/00000005');
  const before = requests.length;
  await page.locator('input[type=file]').setInputFiles(running.task);
  await page.getByText(/300 predictions for task.csv/).waitFor({ timeout: 60_000 });
  assert.ok(requests.slice(before).every((request) => request.startsWith('GET')), 'rows were sent');
  await shot(page, 'learnware-tried');
  faults.push(...(await axe(page, 'tried')));
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('a first view on a slow link', async () => {
  const visitor = await visit(browser, running);
  const { page, context, requests } = visitor;
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 20_000 });
  let bytes = 0;
  session.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
  const begun = Date.now();
  await page.goto(`${running.base}/search`, { waitUntil: 'commit', timeout: 60_000 });
  await page.getByRole('heading', { name: 'Search', exact: true }).waitFor({ timeout: 60_000 });
  const shown = Date.now() - begun;
  await page.getByText('10 learnwares').waitFor({ timeout: 60_000 });
  console.log(`# 400 kbit/s, 400 ms: the page after ${(shown / 1000).toFixed(1)} s, its answer after ${((Date.now() - begun) / 1000).toFixed(1)} s; ${requests.length} requests, ${(bytes / 1000).toFixed(0)} kB`);
  assert.ok(shown < 8000, `the first view took ${shown} ms`);
  await context.close();
});
