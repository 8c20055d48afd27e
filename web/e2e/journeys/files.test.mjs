// Files as people have them, and a network that goes away.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
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

async function dropped(visitor, name, content) {
  const path = join(running.folder, name);
  writeFileSync(path, content);
  await visitor.go('/search');
  await visitor.page.locator('input[type=file]').first().setInputFiles(path);
}

/** A table in GB18030: ages and cities. */
function chineseTable() {
  const [age, city, shanghai, beijing] = ['c4eac1e4', 'b3c7cad0', 'c9cfbaa3', 'b1b1bea9'].map((hex) => Buffer.from(hex, 'hex'));
  const rows = Array.from({ length: 40 }, (_, row) => Buffer.concat([Buffer.from(`${20 + row},`), row % 3 ? shanghai : beijing, Buffer.from('\n')]));
  return Buffer.concat([age, Buffer.from(','), city, Buffer.from('\n'), ...rows]);
}

test('a table in GB18030 is refused with a choice, and read once somebody chooses', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  await dropped(visitor, 'cities.csv', chineseTable());
  await page.getByText(/cities.csv, line 1: the text is not UTF-8. Choose its encoding/).waitFor({ timeout: 60_000 });
  await shot(page, 'files-charset');
  faults.push(...(await axe(page, 'a choice of encodings')));
  await page.getByLabel('Encoding of the text').selectOption('gb18030');
  await page.getByRole('button', { name: 'Read with this encoding' }).click();
  await page.getByRole('rowheader', { name: '年龄' }).waitFor();
  await page.getByText('上海').first().waitFor();
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByRole('button', { name: 'Search with it' }).waitFor({ timeout: 60_000 });
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('what is wrong with a file is said in Chinese on Chinese pages', async () => {
  const visitor = await visit(browser, running, { language: 'zh', width: 390 });
  const { page, faults } = visitor;
  await dropped(visitor, 'ragged.csv', 'a,b\n1,2\n1,2,3\n');
  await page.getByText('ragged.csv 第 3 行：有 3 个字段，但有 2 列。').waitFor({ timeout: 60_000 });
  await shot(page, 'files-refused-zh-390');
  faults.push(...(await fits(page, 'a refusal in Chinese')));
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('a table of one column of texts becomes a specification of texts by one click', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  const texts = Array.from({ length: 40 }, (_, row) => `"A review, number ${row}: the parcel came ${row % 2 ? 'late and broken' : 'early and whole'}, and ${row} people saw it."`);
  await dropped(visitor, 'reviews.csv', `review\n${texts.join('\n')}\n`);
  await page.getByText('No column can be taken as it is').waitFor({ timeout: 60_000 });
  assert.equal(await page.getByRole('button', { name: 'Make the specification' }).isDisabled(), true);
  await shot(page, 'files-one-text');
  await page.getByRole('button', { name: 'Texts are in review' }).click();
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByText(/text, \d+ points from 40/).first().waitFor({ timeout: 60_000 });
  faults.push(...(await axe(page, 'a specification of texts')));
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('learnwares for a part of the columns are offered, and found when the names may be sent', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  const lines = readFileSync(running.task, 'utf8').trimEnd().split('\n');
  const search = async (name, value) => {
    const wider = lines.map((line, row) => `${row === 0 ? 'page' : value(row)},${line}`);
    await dropped(visitor, name, `${wider.join('\n')}\n`);
    await page.getByLabel('Column with the labels').selectOption('digit');
    await page.getByRole('button', { name: 'Make the specification' }).click();
    await page.getByRole('button', { name: 'Search with it' }).click({ timeout: 60_000 });
    await page.getByText(/learnwares take fewer columns than you have/).waitFor();
  };
  // A column of words makes several numbers.
  await search('words.csv', (row) => ['left', 'right', 'both'][row % 3]);
  await page.getByRole('button', { name: 'Forget it' }).click();
  await search('wider.csv', (row) => row % 17);
  await shot(page, 'search-parts-offer');
  await page.getByRole('button', { name: 'Look among them' }).click();
  await page.getByRole('heading', { name: 'Learnwares that take a part of your columns' }).waitFor();
  await page.getByText('64 of 65 columns').first().waitFor();
  await shot(page, 'search-parts');
  faults.push(...(await axe(page, 'parts')), ...(await fits(page, 'parts')));
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('a page that was not loaded before the network went says so, and comes when it is back', async () => {
  const visitor = await visit(browser, running);
  const { page, go, context } = visitor;
  await go('/');
  await context.setOffline(true);
  await page.locator('#nav').getByRole('link', { name: 'World' }).click();
  await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Still away, after 1 try.').waitFor();
  await shot(page, 'away');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor({ state: 'detached' });
  await page.locator('h1').waitFor();
  await visitor.context.close();
});
