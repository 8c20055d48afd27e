// From a registration to the end of the account.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, launch, shot, signIn, visit } from '../browser.mjs';
import { PASSWORD, start, until } from '../dock.mjs';

let running, browser;
before(async () => {
  running = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  running?.stop();
});

test('register, confirm, sign in, token, organisation, password, end', async () => {
  const visitor = await visit(browser, running);
  const { page, go, faults } = visitor;
  await go('/register');
  await page.getByLabel('E-mail address').fill('lin@example.org');
  await page.getByLabel('Name').fill('Lin');
  await page.getByLabel('Password').fill('short');
  await page.getByText('5 of at least 10 characters.').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  const before = running.log().length;
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByText('One step more').waitFor({ timeout: 60_000 });
  const code = await until('the code', 5, async () => /lwd_[0-9a-f]+/.exec(running.log().slice(before))?.[0]);
  await go(`/confirm#${code}`);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('The address is confirmed').waitFor();
  assert.ok(!page.url().includes('lwd_'), 'the code stays in the address');

  await go('/login');
  await page.getByLabel('E-mail address').fill('lin@example.org');
  await page.getByLabel('Password', { exact: true }).fill('the wrong one');
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(/Check the address and the password/).waitFor();
  await shot(page, 'login-wrong');
  faults.push(...(await axe(page, 'a wrong login')));
  await signIn(visitor, { email: 'lin@example.org' });

  const menu = async (name) => { await page.locator('.menu > button').click(); await page.locator('#account-menu').getByText(name, { exact: true }).click(); };
  await menu('Tokens');
  await page.getByLabel('Name').fill('<b>nightly</b>');
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByText(/Copy it now/).waitFor();
  assert.match(await page.locator('.code-block code').innerText(), /^lwd_/);
  await shot(page, 'tokens-made');
  faults.push(...(await axe(page, 'tokens')));
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('No tokens').waitFor();

  await menu('Organisations');
  await page.getByLabel('Name', { exact: true }).fill('Observatory');
  await page.getByRole('button', { name: 'Make the organisation' }).click();
  await page.getByRole('heading', { name: /Observatory/ }).waitFor();
  await page.getByLabel('Add somebody').fill('Nobody');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await shot(page, 'organisations-made');

  await menu('Account');
  await page.getByRole('link', { name: 'Sessions' }).click();
  await page.getByText('this one').waitFor();
  await page.getByRole('link', { name: 'Profile' }).click();
  await page.getByLabel('The present password').fill(PASSWORD);
  await page.getByLabel('The new password').fill(`${PASSWORD}, another`);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
  await signIn(visitor, { email: 'lin@example.org', password: `${PASSWORD}, another` });
  await menu('Account');
  await page.getByRole('button', { name: 'End the account' }).click();
  await page.locator('dialog').getByLabel('Password').fill(`${PASSWORD}, another`);
  await shot(page, 'account-end');
  await page.locator('dialog').getByRole('button', { name: 'End the account' }).click();
  await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
  assert.equal(faults.join('\n'), '');
  await visitor.context.close();
});
