// From a file to a learnware that others find and use: submit, watch the check, find it, run it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe, fits, launch, shot, signIn, visit } from '../browser.mjs';
import { BINARY, packageOf, packageWith, person, start, unzip } from '../dock.mjs';

let running, browser, grace, worker;
before(async () => {
  running = await start();
  browser = await launch();
  grace = await person(running, 'Grace');
  worker = running.worker();
});
after(async () => {
  await browser?.close();
  await worker?.stop();
  running?.stop();
});

/** One tree of one split for each of three classes. */
const TREES = [0, 1, 2].map((tree) => `Tree=${tree}\nnum_leaves=2\nnum_cat=0\nsplit_feature=${tree % 2}\nthreshold=${0.5 + tree}\ndecision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=${tree} ${-tree}\n\n`).join('');
const LIGHTGBM = `tree\nversion=v4\nnum_class=3\nnum_tree_per_iteration=3\nlabel_index=0\nmax_feature_idx=1\nobjective=multiclass num_class:3\nfeature_names=length width\ntree_sizes=1 1 1\n\n${TREES}end of trees\n`;

const drop = (page, files) => page.locator('input[type=file]').first().setInputFiles(files);

async function toSubmit(page) {
  await page.locator('#nav').getByRole('link', { name: 'Submit' }).click();
  await page.getByText('Drop a package or a model').waitFor();
}

test('a package: filled in, submitted, checked before one\'s eyes, found and run', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  await signIn(visitor, grace);
  await toSubmit(page);
  const path = join(running.folder, 'mine.zip');
  writeFileSync(path, await packageOf(running, '00000005'));
  await drop(page, path);
  await page.getByText(/The package describes itself: Parcel service/).waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Parcel service: digits 6 7 8 9');
  await page.getByLabel('Name', { exact: true }).fill('Quokka parcels: digits 6 7 8 9');
  await shot(page, 'submit-filled');
  faults.push(...(await axe(page, 'submit, filled')), ...(await fits(page, 'submit, filled')));
  await page.locator('form').getByRole('button', { name: 'Submit' }).click();
  await page.getByText(/Submitted as \d{8}/).waitFor();
  await shot(page, 'submit-watching');
  await page.getByRole('link', { name: 'See its page' }).waitFor({ timeout: 60_000 });
  await shot(page, 'submit-checked');
  faults.push(...(await axe(page, 'submit, checked')));
  await page.getByRole('link', { name: 'See its page' }).click();
  await page.getByRole('heading', { name: 'Quokka parcels: digits 6 7 8 9' }).waitFor();
  const id = /\d{8}/.exec(page.url())[0];

  const stranger = await visit(browser, running);
  await stranger.go('/search?q=quokka');
  await stranger.page.getByRole('link', { name: /Quokka/ }).click();
  await stranger.page.getByRole('heading', { name: /Quokka parcels/ }).waitFor();
  const snippet = await stranger.page.locator('.code-block code').first().innerText();
  assert.match(snippet, new RegExp(`learnware run ${id}`));
  const [download] = await Promise.all([stranger.page.waitForEvent('download'), stranger.page.getByRole('link', { name: /Download \(/ }).click()]);
  assert.equal(readFileSync(await download.path()).toString('latin1', 0, 2), 'PK');
  await stranger.page.getByText('Files and dependencies').click();
  await stranger.page.getByText('learnware.yaml').waitFor();
  await shot(stranger.page, 'learnware-files');
  const ran = spawnSync(BINARY, ['run', id, running.task, '--dock', running.address, '-o', join(running.folder, 'out.csv'), '--quiet'], { encoding: 'utf8', env: { ...process.env, LEARNWARE_CACHE: join(running.folder, 'cache') } });
  assert.equal(ran.status, 0, ran.stderr);
  assert.ok(readFileSync(join(running.folder, 'out.csv'), 'utf8').split('\n').length > 100);
  assert.equal([...faults, ...stranger.faults].join('\n'), '');
  await stranger.context.close();
  await visitor.context.close();
});

test('a bare model with the data it was trained on becomes a package', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  await signIn(visitor, grace);
  await toSubmit(page);
  const model = join(running.folder, 'model.onnx');
  writeFileSync(model, unzip(await packageOf(running, '00000001'), 'model.onnx'));
  await drop(page, model);
  await page.getByText('What was it trained on?').waitFor();
  await page.locator('input[type=file]').nth(1).setInputFiles(running.task);
  await page.getByLabel('Column with the labels').selectOption('digit');
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByRole('button', { name: 'Use this specification' }).click({ timeout: 60_000 });
  await page.getByLabel('Name', { exact: true }).fill('Bare digits model');
  await page.getByLabel('Description').fill('A **bare** model of digits, for the test.');
  await page.locator('form').getByRole('button', { name: 'Submit' }).click();
  await page.getByText('Something is missing above.').waitFor();
  await shot(page, 'submit-missing');
  assert.equal(await page.getByLabel('Task').inputValue(), 'Classification', 'the file says it');
  await page.getByLabel('Licence').selectOption('MIT');
  await page.getByRole('checkbox', { name: 'Education' }).check();
  await page.locator('form').getByRole('button', { name: 'Submit' }).click();
  await page.getByRole('link', { name: 'See its page' }).waitFor({ timeout: 60_000 });
  await shot(page, 'submit-bare');
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('a LightGBM file alone says its task and inputs, and labels that were forgotten are told at once', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  await signIn(visitor, grace);
  await toSubmit(page);
  const model = join(running.folder, 'iris.txt');
  writeFileSync(model, LIGHTGBM);
  await drop(page, model);
  await page.getByText('Takes 2 numbers · Classification · 3 outputs').waitFor({ timeout: 60_000 });
  const data = join(running.folder, 'iris.csv');
  const rows = Array.from({ length: 60 }, (_, row) => `${(row % 7) / 2},${(row % 5) / 3},${['setosa', 'versicolor', 'virginica'][row % 3]}`);
  writeFileSync(data, `length,width,species\n${rows.join('\n')}\n`);
  await page.locator('input[type=file]').nth(1).setInputFiles(data);
  await page.getByLabel('Column with the labels').selectOption('');
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByText(/The model takes 2 numbers for each row, but the columns make 5/).waitFor({ timeout: 60_000 });
  await shot(page, 'submit-forgotten-labels');
  await page.getByLabel('Column with the labels').selectOption('species');
  await page.getByRole('button', { name: 'Make the specification' }).click();
  await page.getByRole('button', { name: 'Use this specification' }).click({ timeout: 60_000 });
  await page.getByText('Outputs: 3 outputs (setosa, versicolor, virginica)').waitFor();
  assert.equal(await page.getByLabel('Task').inputValue(), 'Classification');
  await page.getByText('Is this the order of the classes?').waitFor();
  await page.getByText(/0 = setosa, 1 = versicolor/).waitFor();
  await shot(page, 'submit-lightgbm');
  faults.push(...(await axe(page, 'submit, a bare model')));
  await page.getByLabel('Name', { exact: true }).fill('Three kinds of iris');
  await page.getByLabel('Description').fill('Tells three kinds of iris apart by two lengths.');
  await page.getByLabel('Licence').selectOption('MIT');
  await page.getByRole('checkbox', { name: 'Nature' }).check();
  await page.locator('form').getByRole('button', { name: 'Submit' }).click();
  await page.getByRole('link', { name: 'See its page' }).waitFor({ timeout: 60_000 });
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('what the dock would refuse is told before it is sent, and what it refuses is explained', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  await signIn(visitor, grace);
  await toSubmit(page);
  const text = join(running.folder, 'notes.zip');
  writeFileSync(text, 'not a zip');
  await drop(page, text);
  await page.getByText('It is not a zip, or damaged or cut off').waitFor();
  await drop(page, { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('no model') });
  await page.getByText('This is neither a zip nor').waitFor();
  const bad = join(running.folder, 'bad.zip');
  writeFileSync(bad, await packageWith(running, '00000001', (semantic) => { semantic.Output = { Dimension: 3, Description: { 0: 'a', 1: 'b', 2: 'c' } }; }));
  await drop(page, bad);
  await page.locator('form').getByRole('button', { name: 'Submit' }).click();
  await page.getByText(/not usable|not sound|did not take it/i).first().waitFor({ timeout: 60_000 });
  await page.getByText('What to do:').first().waitFor();
  await shot(page, 'submit-refused');
  assert.equal(await page.locator('.pipeline li.failed').textContent(), 'Model');
  await page.getByRole('link', { name: 'Submit a new version' }).click();
  await page.getByRole('heading', { name: /^A new version of \d{8}/ }).waitFor();
  await page.locator('.menu').click();
  await page.getByRole('link', { name: 'My learnwares' }).click();
  await page.getByRole('heading', { name: 'My learnwares' }).waitFor();
  await page.getByRole('button', { name: /^All/ }).waitFor();
  await shot(page, 'mine-full');
  faults.push(...(await axe(page, 'my learnwares')));
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});
