// Classes of others: what an evolution finds out is told on the page of a learnware.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe, launch, shot, visit } from '../browser.mjs';
import { BINARY, start } from '../dock.mjs';

const CORNERS = [[0, 0], [0, 8], [8, 0], [8, 8]];
/** The corner of some signs scores highest there. */
const corner = (x, y) => [x, y, -4 * (x + y)];
const FINE = { poodle: corner(-1, -1), beagle: corner(-1, 1), persian: corner(1, -1), siamese: corner(1, 1) };
const RENAMED = { Pudel: FINE.poodle, 'Beagle dog': FINE.beagle, Perser: FINE.persian, Siam: FINE.siamese };
const COARSE = { dog: [-1, 0, 4], cat: [1, 0, -4] };

let running, browser;
before(async () => {
  running = await start();
  for (const [name, classes] of Object.entries({ 'Four breeds': FINE, 'Breeds otherwise': RENAMED, 'Dogs and cats': COARSE })) submit(name, classes);
  learnware('evolve', '--dock', running.dock);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  running?.stop();
});

function learnware(...words) {
  const done = spawnSync(BINARY, [...words, '--quiet'], { encoding: 'utf8', cwd: running.folder });
  assert.equal(done.status, 0, done.stderr);
}

/** Packs and submits a linear classifier of two columns whose classes have these weights: x, y, constant. */
function submit(name, classes) {
  const words = Object.keys(classes).sort();
  const weights = [0, 1, 2].flatMap((axis) => words.map((word) => classes[word][axis]));
  const model = {
    version: [2, 1, 0],
    learner: {
      gradient_booster: { name: 'gblinear', model: { weights, boosted_rounds: 1 } },
      learner_model_param: { base_score: '0', num_class: String(words.length), num_target: '1', num_feature: '2' },
      objective: { name: 'multi:softprob', softmax_multiclass_param: {} },
    },
  };
  const score = (word, [x, y]) => classes[word][0] * x + classes[word][1] * y + classes[word][2];
  const called = (row) => words.reduce((best, word) => (score(word, row) > score(best, row) ? word : best));
  const rows = Array.from({ length: 400 }, (_, row) => CORNERS[row % 4].map((centre, axis) => centre + 2 * Math.sin(row * (axis + 1.7))));
  writeFileSync(join(running.folder, 'model.json'), JSON.stringify(model));
  writeFileSync(join(running.folder, 'rows.csv'), `x,y,kind\n${rows.map((row) => [...row, called(row)].join(',')).join('\n')}\n`);
  learnware('pack', 'model.json', '--data', 'rows.csv', '--labels', 'kind', '--name', name, '--license', 'mit', '-o', 'package.zip');
  learnware('submit', 'package.zip', '--dock', running.dock);
}

test('a learnware tells which classes of others are the same or kinds of its own', async () => {
  const visitor = await visit(browser, running);
  const { page, go, faults } = visitor;
  const found = await (await fetch(`${running.address}/api/v1/learnwares?query=Dogs`)).json();
  await go(`/learnwares/${found.learnwares[0].id}`);
  await page.getByRole('heading', { name: 'Classes of others' }).waitFor();
  const dog = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'dog', exact: true }) });
  const told = await dog.innerText();
  for (const word of ['poodle', 'beagle', 'Pudel', 'Beagle dog']) assert.ok(told.includes(word), told);
  faults.push(...(await axe(page, 'classes')));
  await shot(page, 'learnware-classes');
  await dog.getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: /Breeds otherwise|Four breeds/ }).waitFor();
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});
