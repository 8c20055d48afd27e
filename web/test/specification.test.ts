import { describe, expect, it } from 'vitest';
import { markdown, plainText } from '../src/lib/markdown';
import { plane } from '../src/lib/plane';
import { fromFragment, toFragment } from '../src/lib/share';
import { shifts } from '../src/lib/shift';
import { bare, points, read } from '../src/lib/specification';
import { parse, queryOf, write } from '../src/pages/search/state';
import { WHOLE, toScreen, toWorld } from '../src/pages/world/types';

const table = { type: 'RKMETableSpecification', z: [[0, 0], [1, 10], [2, 20]], beta: [0.5, 0.25, 0.25], gamma: 0.1 };

describe('specification files', () => {
  it('of every kind of the reference are read', () => {
    const image = { type: 'RKMEImageSpecification', z: [[[[1, 2], [3, 4]]]], beta: [1] };
    expect(points(read(JSON.stringify(image))).dimension).toBe(4);
    expect(read(JSON.stringify({ ...table, type: 'RKMETextSpecification', language: ['en'] })).type).toBe('RKMETextSpecification');
    expect(read(JSON.stringify({ z: table.z, beta: table.beta })).type).toBe('RKMETableSpecification');
  });

  it.each([['notJson', '{'], ['noPoints', '{"beta":[1]}'], ['lengths', '{"z":[[1]],"beta":[1,2]}'], ['kind', '{"type":"Other","z":[[1]],"beta":[1]}'], ['numbers', '{"z":[[1],[1,2]],"beta":[1,2]}'], ['numbers', '{"z":[["x"]],"beta":[1]}']])('that are wrong are refused: %s', (word, text) => {
    expect(() => read(text)).toThrow(word);
  });

  it('are sent without names', () => {
    expect(bare({ ...table, input: { Dimension: 2, Description: { 0: 'secret' } } })).toEqual(table);
  });

  it('survive an address', async () => {
    const found = await fromFragment(`#${await toFragment('mine.csv', table)}`);
    expect(found).toEqual({ name: 'mine.csv', specification: table });
    expect(await fromFragment('#other')).toBeNull();
  });
});

describe('pictures', () => {
  it('show the direction of the largest spread', () => {
    const dots = plane([points(table)])[0]!;
    const sorted = [...dots].sort((a, b) => a.x - b.x);
    expect(sorted[1]!.x - sorted[0]!.x).toBeCloseTo(sorted[2]!.x - sorted[1]!.x, 6);
    expect(Math.max(...dots.map((dot) => Math.abs(dot.y)))).toBeLessThan(1e-6);
  });

  it('have axes whose values are not correlated', () => {
    const random = (seed: number) => ((Math.sin(seed * 12.9898) * 43758.5453) % 1) - 0.5;
    const z = Array.from({ length: 60 }, (_, row) => Array.from({ length: 8 }, (_, column) => random(row * 8 + column + 1) * (column < 3 ? 5 : 1) + random(row) * (column % 2)));
    const dots = plane([points({ z, beta: z.map(() => 1 / 60) })])[0]!;
    const sum = (value: (dot: { x: number; y: number }) => number) => dots.reduce((total, dot) => total + value(dot), 0);
    expect(Math.abs(sum((dot) => dot.x * dot.y)) / Math.sqrt(sum((dot) => dot.x ** 2) * sum((dot) => dot.y ** 2))).toBeLessThan(0.02);
  });

  it('put the column that differs most first', () => {
    const other = { ...table, z: [[0, 100], [1, 110], [2, 120]] };
    const found = shifts(points(table), points(other));
    expect(found[0]!.column).toBe(1);
    expect(found[1]!.spreads).toBe(0);
    expect(found[0]!.mine.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  });

  it('keep places of the map', () => {
    const view = { x: 0.3, y: 0.7, zoom: 5 };
    const [x, y] = toWorld(view, 800, 600, ...toScreen(view, 800, 600, 0.31, 0.69));
    expect([x, y]).toEqual([expect.closeTo(0.31), expect.closeTo(0.69)]);
    expect(toScreen(WHOLE, 800, 600, 0.5, 0.5)).toEqual([400, 300]);
  });
});

describe('searches', () => {
  it('are their addresses', () => {
    const text = 'q=house+prices&task=Regression%2CClassification&mixture=none&limit=20&like=00000001&compare=00000001%2C00000002';
    const state = parse(text);
    expect(parse(write(state))).toEqual(state);
    expect(queryOf(state)).toBe('house prices task:regression task:classification');
    expect(queryOf(parse('task=Feature Extraction&license=Apache-2.0'))).toBe('task:feature-extraction license:apache-2.0');
  });
});

describe('descriptions of strangers', () => {
  const hostile = [
    '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '![x](https://elsewhere.example/x.png)', '[x](javascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)', '[x](//elsewhere.example)', '<svg/onload=alert(1)>', '[x]: javascript:alert(1)\n\n[x]', '| a |\n|:-:|\n| <b onclick=x> |',
  ];
  it.each(hostile)('stay text: %s', async (text) => {
    const html = await markdown(text);
    expect(html).not.toMatch(/<(script|img|svg|b|iframe)\b/i);
    expect(html).not.toMatch(/href="(?!https?:|mailto:)/i);
    expect(html).not.toMatch(/\sstyle=/i);
  });
  it('keep headings below those of the page and mark links', async () => {
    expect(await markdown('# Title\n\n[a](https://example.org)')).toBe('<h3>Title</h3>\n<p><a href="https://example.org" rel="noopener noreferrer nofollow" target="_blank">a</a></p>\n');
    expect(plainText('# A *b* [c](d) `e`')).toBe('A b c e');
  });
});
