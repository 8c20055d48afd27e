/** Words in English and Chinese. `t('key', { n: 3 })` fills `{n}`; `{n|one|other}` chooses by number. */
import { keep, kept, store, useStore } from '../lib/store';
import type { en } from './en';

export type Key = keyof typeof en;
export type Dictionary = Record<Key, string>;
export type Language = 'en' | 'zh';
type Values = Record<string, string | number>;

type Findings = Partial<Record<string, string>>;

const loaders: Record<Language, () => Promise<[Dictionary, Findings]>> = {
  en: async () => [(await import('./en')).en, {}],
  zh: async () => [(await import('./zh')).zh, (await import('./findings')).findings],
};

let words: Dictionary = {} as Dictionary;
let findings: Findings = {};
export const language = store<Language>('en');

/** What the address, an earlier choice or the browser prefers. */
function preferred(): Language {
  const asked = new URLSearchParams(location.search).get('lang') ?? kept('localStorage', 'language');
  if (asked === 'en' || asked === 'zh') return asked;
  return navigator.languages.some((name) => name.startsWith('zh')) && !navigator.language.startsWith('en') ? 'zh' : 'en';
}

export async function start(): Promise<void> {
  await switchTo(preferred());
}

export async function choose(next: Language): Promise<void> {
  keep('localStorage', 'language', next);
  await switchTo(next);
}

async function switchTo(next: Language): Promise<void> {
  [words, findings] = await loaders[next]();
  document.documentElement.lang = next === 'zh' ? 'zh-Hans' : 'en';
  language.set(next);
}

export function useLanguage(): Language {
  return useStore(language);
}

export function fill(text: string, values: Values): string {
  const chosen = text.replace(/\{(\w+)\|((?:[^{}|]|\{\w+\})*)\|((?:[^{}|]|\{\w+\})*)\}/g, (_, name: string, one: string, other: string) => (values[name] === 1 ? one : other));
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number(value) : value;
  });
}

export function t(key: Key, values: Values = {}): string {
  return fill(words[key] ?? key, values);
}

/** A word of a vocabulary: `vocabulary('task', 'Classification')`; what is unknown stays as it is. */
export function vocabulary(kind: string, word: string): string {
  const key = `${kind}.${word}` as Key;
  return words[key] ?? word;
}

const locale = () => (language.value() === 'zh' ? 'zh-CN' : 'en-GB');

/** What a finding of a check means, where that is not the language in which checks speak. */
export function meaning(code: string): string | null {
  return findings[code] ?? null;
}

export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale(), { maximumFractionDigits: digits });
}

/** A distance or similarity: four decimals. */
export function decimal(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(4);
}

/** A number as a file writes it, in four digits where it has more; anything else as it is. */
export function shortened(text: string): string {
  return /^-?\d*\.\d{5,}(e-?\d+)?$/.test(text) ? String(Number(Number(text).toPrecision(4))) : text;
}

/** Chinese puts no space before it. */
const percentSign = () => (language.value() === 'zh' ? '%' : ' %');

export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined ? '–' : `${(share * 100).toFixed(digits)}${percentSign()}`;
}

/** A percentile, never rounded up to all. */
export function percentile(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${(Math.floor(share * 1000) / 10).toFixed(1)}${percentSign()}`;
}

export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${number(value, value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

export function date(text: string, withTime = false): string {
  const options: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric' };
  if (withTime) Object.assign(options, { hour: '2-digit', minute: '2-digit' });
  return new Date(text).toLocaleString(locale(), options);
}

/** How long ago, in words. */
export function ago(text: string, now = Date.now()): string {
  const seconds = Math.round((new Date(text).getTime() - now) / 1000);
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31536000], ['month', 2592000], ['day', 86400], ['hour', 3600], ['minute', 60]];
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(Math.min(0, seconds), 'second');
}

/** Several words as one list. */
export function list(items: string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(items);
}
