// Chromium and what every journey wants of it: no faults in the console, no requests elsewhere, screenshots, axe.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PASSWORD, WEB } from './dock.mjs';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const hasChromium = () => existsSync(CHROMIUM);
export const OUT = join(WEB, 'e2e/out');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const launch = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A page of a person who has not been here before; `faults` and `requests` fill while it is used. */
export async function visit(browser, running, { width = 1440, scheme = 'light', language = 'en' } = {}) {
  mkdirSync(OUT, { recursive: true });
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : 900 }, colorScheme: scheme, locale: language === 'zh' ? 'zh-CN' : 'en-GB', acceptDownloads: true });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const seen = { faults: [], requests: [] };
  page.on('pageerror', (error) => seen.faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const expected = /status of (401|404|403|422|409|429|400)/.test(message.text());
    if (message.type() === 'error' && !expected) seen.faults.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'document' || response.status() === 304) return;
    const policy = response.headers()['content-security-policy'] ?? '';
    if (!policy.includes("script-src 'self'") || /unsafe-inline|unsafe-eval'|https?:|\*/.test(policy.replace('wasm-unsafe-eval', ''))) seen.faults.push(`policy of ${response.url()}: ${policy}`);
  });
  page.on('request', (request) => seen.requests.push(`${request.method()} ${request.url()}`));
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.origin !== running.base && url.protocol.startsWith('http')) {
      seen.faults.push(`request elsewhere: ${url.href}`);
      return route.abort();
    }
    return route.fallback();
  });
  return { context, page, ...seen, go: (path) => open(page, running.base + path) };
}

async function open(page, address) {
  await page.goto(address, { waitUntil: 'load' });
  await page.locator('h1, article').first().waitFor();
  // What is being loaded stands as grey bars.
  await page.locator('.skeleton').first().waitFor({ state: 'hidden' });
}

/** Signs in as a person does. */
export async function signIn(visitor, who) {
  const { page, context, go } = visitor;
  await go('/login');
  await page.getByLabel('E-mail address').fill(who.email);
  await page.getByLabel('Password', { exact: true }).fill(who.password ?? PASSWORD);
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.menu').waitFor();
  const cookie = (await context.cookies()).find(({ name }) => name === 'learnware_session');
  if (!cookie?.httpOnly || cookie.sameSite === 'None') visitor.faults.push('the session is in a cookie that scripts or other sites can use');
}

export const shot = (page, name) => page.screenshot({ path: join(OUT, `${name}.png`), fullPage: true });

/** Faults that axe calls serious or critical, by WCAG 2.2 AA. */
export async function axe(page, where) {
  // By the debugger, which no policy of the page forbids.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  const bad = found.violations.filter((fault) => fault.impact === 'serious' || fault.impact === 'critical');
  const words = bad.map((fault) => `${fault.id}: ${fault.help}\n    ${fault.nodes.slice(0, 4).map((node) => `${node.target.join(' ')}  ${node.failureSummary?.split('\n')[1] ?? ''}`).join('\n    ')}`);
  return words.map((word) => `${where}: ${word}`);
}

/** The page is no wider than the window. */
export async function fits(page, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wide > 0 ? [`${where} is ${wide} px wider than the window`] : [];
}
