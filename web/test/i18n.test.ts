import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fill } from '../src/i18n';
import { en } from '../src/i18n/en';
import { findings } from '../src/i18n/findings';
import { CHINESE } from '../src/pages/admin/setting-words';
import { zh } from '../src/i18n/zh';
import { DATA, LIBRARIES, LICENSES, SCENARIOS, TASKS } from '../src/lib/vocabulary';

const source = join(import.meta.dirname, '../src');

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : /\.tsx?$/.test(entry.name) && !path.includes('i18n') ? [path] : [];
  });
}

const code = files(source).map((file) => readFileSync(file, 'utf8')).join('\n');
const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))].sort();

/** The Rust sources. */
const crates = join(source, '../../crates');

describe('the vocabulary', () => {
  it('is the server\'s', () => {
    const rust = readFileSync(join(source, '../../crates/learnware-engine/src/semantic.rs'), 'utf8');
    const of = (name: string) => [...(new RegExp(`\\b${name} \\{([^}]*)\\}`).exec(rust)?.[1] ?? '').matchAll(/= "([^"]+)"/g)].map((match) => match[1]);
    expect({ TASKS, DATA, LIBRARIES, SCENARIOS, LICENSES }).toEqual({ TASKS: of('Task'), DATA: of('DataType'), LIBRARIES: of('Library'), SCENARIOS: of('Scenario'), LICENSES: of('License') });
    for (const [kind, words] of Object.entries({ task: TASKS, data: DATA, scenario: SCENARIOS })) for (const word of words) expect(en).toHaveProperty([`${kind}.${word}`]);
  });
});

describe('what the generator says', () => {
  it('has words for each of its codes, and for no others', () => {
    const rust = (folder: string): string[] => readdirSync(join(crates, folder), { withFileTypes: true, recursive: true }).filter((entry) => entry.name.endsWith('.rs')).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    const said = [...rust('learnware-data/src'), ...rust('learnware-wasm/src')].join('\n');
    const codes = [...said.matchAll(/(?:said(?:_as)?!\(|Refusal::new\()\s*"([a-z0-9-]+)"/g)].map((match) => match[1]!);
    const own = [...code.matchAll(/(?:new MakerError\(|new Refused\(\{ code: |return \{ code: )'([a-z-]+)'/g)].map((match) => match[1]!);
    const absent = [...new Set([...codes, ...own])].filter((one) => !(`read.${one}` in en) && one !== 'unsound' && one !== 'x');
    expect(absent).toEqual([]);
    const known = Object.keys(en).filter((key) => key.startsWith('read.')).map((key) => key.slice('read.'.length));
    expect(known.filter((one) => !codes.includes(one) && !own.includes(one))).toEqual([]);
  });
});

describe('what checks find', () => {
  it('is told in Chinese for each of its codes, and for no others', () => {
    const checker = ['generation', 'model', 'semantic', 'statistical'].map((name) => `learnware-engine/src/market/checker/${name}.rs`);
    const rust = [...checker, 'learnware-dock/src/inspect.rs', 'learnware-dock/src/policy.rs', 'learnware-dock/src/submit.rs'].map((file) => readFileSync(join(crates, file), 'utf8').split('#[cfg(test)]')[0]!);
    const named = [...rust.join('\n').matchAll(/"([a-z]+(?:-[a-z]+)+)"|(?:error|warning|note)\("([a-z]+)"|error\(\s*"([a-z]+)"|^\s+"(gamma)",$/gm)].map((match) => (match[1] ?? match[2] ?? match[3] ?? match[4])!);
    const sides = ['dimension-zero', 'description-range', 'columns-width'].flatMap((what) => [`input-${what}`, `output-${what}`]);
    const fields = ['name-empty', 'name-length', 'description-empty', 'description-length'];
    const choices = ['data', 'task', 'library', 'license'].flatMap((what) => [`${what}-missing`, `${what}-several`]);
    const codes = new Set([...named, ...sides, ...fields, ...choices]);
    codes.delete('model-missing'); // Named where words are read, never found.
    expect(Object.keys(findings).sort()).toEqual([...codes].sort());
  });
});

describe('settings', () => {
  it('are all told in Chinese', () => {
    const rust = ['learnware-dock/src/env.rs', 'learnware-server/src/settings.rs'].map((file) => readFileSync(join(crates, file), 'utf8').split('#[cfg(test)]')[0]!);
    const keys = [...rust.join('\n').matchAll(/name: "LEARNWARE_([A-Z_]+)"/g)].map((match) => match[1]!.toLowerCase()).filter((key) => key !== 'dock');
    expect(Object.keys(CHINESE).sort()).toEqual(keys.sort());
  });
});

describe('words', () => {
  it('are the same keys in both languages', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  });

  it('are filled with the same values in both languages', () => {
    for (const [key, text] of Object.entries(en)) {
      const extra = names(zh[key as keyof typeof zh]).filter((name) => !names(text).includes(name));
      expect(extra, key).toEqual([]);
    }
  });

  it('exist for every key that the pages name', () => {
    for (const match of code.matchAll(/\bt\('([^']+)'/g)) expect(en, match[1]).toHaveProperty([match[1]!]);
  });

  it('are all used, or belong to a family that is put together', () => {
    const families = [...code.matchAll(/`([a-z]+(?:\.[a-zA-Z]+)*\.)\$\{/g)].map((match) => match[1]!);
    const vocabularies = ['task.', 'data.', 'library.', 'license.', 'model.', 'scenario.', 'format.'];
    const unused = Object.keys(en).filter((key) => !code.includes(`'${key}'`) && ![...families, ...vocabularies].some((family) => key.startsWith(family)));
    expect(unused).toEqual([]);
  });

  it('choose by number and fill what is inside', () => {
    expect(fill('{n|1 thing|{n} things} of {all}', { n: 1, all: 'x' })).toBe('1 thing of x');
    expect(fill('{n|1 thing|{n} things}', { n: 2 })).toBe('2 things');
    expect(fill('{absent}', {})).toBe('{absent}');
  });

  it('hold no other scripts and no markup', () => {
    for (const text of Object.values(en)) expect(text).not.toMatch(/[<>]/);
    for (const [key, text] of Object.entries(zh)) if (!/^(app|use|learnware\.digest|format|tokens\.onceWords)/.test(key)) expect(text, key).not.toMatch(/[<>]/);
  });
});
