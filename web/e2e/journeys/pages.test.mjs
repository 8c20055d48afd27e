// Every page in light and dark, narrow and wide, English and Chinese: seen by axe, no wider than the window, kept as a picture.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, fits, launch, shot, signIn, visit } from '../browser.mjs';
import { administrator, start } from '../dock.mjs';

let running, browser, ada;
before(async () => {
  running = await start();
  browser = await launch();
  ada = await administrator(running);
});
after(async () => {
  await browser?.close();
  running?.stop();
});

const OPEN = [
  ['/', 'home'], ['/search', 'search-words'], ['/search?q=handwriten%20digits&task=Classification', 'search-query'], ['/search?q=nothinglikethis', 'search-none'],
  ['/search?like=00000003', 'search-like'], ['/learnwares/00000001', 'learnware'], ['/learnwares/99999999', 'learnware-absent'],
  ['/compare?ids=00000001,00000002,00000010', 'compare'], ['/world', 'world'], ['/login', 'login'], ['/register', 'register'], ['/confirm', 'confirm'],
  ['/reset', 'reset'], ['/forgotten', 'forgotten'], ['/docs', 'docs'], ['/docs/reference/http', 'docs-http'], ['/submit', 'submit-guest'], ['/no/such/page', 'missing'],
];
const KNOWN = [
  ['/submit', 'submit'], ['/mine', 'mine'], ['/account', 'account'], ['/account/sessions', 'sessions'], ['/account/tokens', 'tokens'], ['/account/organisations', 'organisations'],
  ['/administration', 'admin'], ['/administration/queue', 'admin-queue'], ['/administration/accounts', 'admin-accounts'], ['/administration/audit', 'admin-audit'], ['/administration/storage', 'admin-storage'], ['/administration/settings', 'admin-settings'],
];
const VIEWS = [
  { width: 1440, scheme: 'light', language: 'en' }, { width: 1440, scheme: 'dark', language: 'zh' },
  { width: 390, scheme: 'dark', language: 'en' }, { width: 390, scheme: 'light', language: 'zh' },
];

for (const view of VIEWS) {
  const name = `${view.language}-${view.scheme}-${view.width}`;
  test(`every page, ${name}`, async () => {
    const visitor = await visit(browser, running, view);
    const { page, go, faults } = visitor;
    const look = async ([path, label]) => {
      await go(path);
      await page.waitForTimeout(150);
      await shot(page, `${label}-${name}`);
      faults.push(...(await axe(page, path)), ...(await fits(page, path)));
      const language = await page.evaluate(() => document.documentElement.lang);
      if (language !== (view.language === 'zh' ? 'zh-Hans' : 'en')) faults.push(`${path} is in ${language}`);
    };
    for (const entry of OPEN) await look(entry);
    await page.evaluate(() => localStorage.setItem('learnware.language', 'en'));
    await signIn(visitor, ada);
    await page.evaluate((language) => localStorage.setItem('learnware.language', language), view.language);
    for (const entry of KNOWN) await look(entry);
    assert.equal(faults.join('\n'), '');
    await visitor.context.close();
  });
}
