// An administrator: a check that was given up is asked for again; an account is locked; a learnware is taken down.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, fits, launch, shot, signIn, visit } from '../browser.mjs';
import { administrator, packageWith, person, start, submit } from '../dock.mjs';

let running, browser, ada, grace;
before(async () => {
  running = await start();
  browser = await launch();
  ada = await administrator(running);
  grace = await person(running, 'Grace');
});
after(async () => {
  await browser?.close();
  running?.stop();
});

async function admin(page, part) {
  await page.locator('.menu > button').click();
  await page.locator('#account-menu').getByText('Administration').click();
  if (part) await page.locator('nav.tabs').getByText(part, { exact: true }).click();
}

test('a job that was given up is tried again and ends', async () => {
  const id = await submit(running, grace, await packageWith(running, '00000001', (semantic) => { semantic.Name.Values = 'Waits for its check'; }), false);
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  await signIn(visitor, ada);
  await admin(page, 'Queue');
  const row = page.locator('tr', { hasText: id }).first();
  await row.getByText('waits').waitFor();
  await row.getByRole('button', { name: 'Give up' }).click();
  await row.getByText('given up', { exact: true }).waitFor();
  await shot(page, 'admin-queue-dead');
  faults.push(...(await axe(page, 'queue')), ...(await fits(page, 'queue')));
  await row.getByRole('button', { name: 'Try again' }).click();
  await row.getByText('waits').waitFor();
  const worker = running.worker();
  await row.getByText('done').waitFor({ timeout: 60_000 });
  await worker.stop();
  await row.getByRole('link', { name: id }).click();
  await page.getByRole('heading', { name: 'Waits for its check' }).waitFor();
  await page.getByRole('button', { name: 'Take down' }).click();
  await page.getByLabel('Reason').fill('It holds <b>personal</b> data.');
  await page.locator('dialog').getByRole('button', { name: 'Take down' }).click();
  await page.getByText('It holds <b>personal</b> data.').waitFor();
  await shot(page, 'learnware-taken-down');
  await page.getByRole('button', { name: 'Put back' }).click();
  await page.getByRole('button', { name: 'Take down' }).waitFor();
  await admin(page, 'Audit log');
  await page.getByText('learnware.take_down').waitFor();
  await shot(page, 'admin-audit-full');
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});

test('an account is locked and unlocked', async () => {
  const visitor = await visit(browser, running);
  const { page, faults } = visitor;
  await signIn(visitor, ada);
  await admin(page, 'Accounts');
  const row = page.locator('tr', { hasText: 'grace@example.org' });
  await row.getByRole('button', { name: 'Lock' }).click();
  await row.getByText('locked').waitFor();
  await row.getByRole('button', { name: 'Unlock' }).click();
  await row.getByText('confirmed').waitFor();
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});
