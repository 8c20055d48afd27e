import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openPackage, withWords } from '../src/lib/package';
import { ofFile, rewrite, text } from '../src/lib/zip';
import { fromModel, fromSemantic, toSemantic, withAnswers, wrong, EMPTY } from '../src/pages/submit/fields';

const contents = async (zip: Blob) => Object.fromEntries(await Promise.all((await ofFile(zip)).map(async (file) => [file.name, await text(file)])));

/** A zip of one file, packed; `claimed` is the size that its directory says. */
function packed(name: string, content: string, claimed = content.length): Blob {
  const body = deflateRawSync(content);
  const header = (signature: number, more: number[]) => {
    const bytes = Buffer.alloc(30 + (more.length ? 16 : 0));
    bytes.writeUInt32LE(signature, 0);
    const at = more.length ? 6 : 4;
    bytes.writeUInt16LE(20, at);
    bytes.writeUInt16LE(8, at + 4);
    bytes.writeUInt32LE(body.length, at + 14);
    bytes.writeUInt32LE(claimed, at + 18);
    bytes.writeUInt16LE(name.length, at + 22);
    return Buffer.concat([bytes, Buffer.from(name)]);
  };
  const local = Buffer.concat([header(0x04034b50, []), body]);
  const directory = header(0x02014b50, [0]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return new Blob([Buffer.concat([local, directory, end])]);
}

describe('zips', () => {
  it('are read as they were written, the same for the same', async () => {
    const files = { 'b.txt': 'second', 'a/ä.txt': 'first' };
    const zip = await rewrite([], files);
    expect((await ofFile(zip)).map((file) => file.name)).toEqual(['a/ä.txt', 'b.txt']);
    expect(await contents(zip)).toEqual(files);
    expect(await (await rewrite([], files)).arrayBuffer()).toEqual(await zip.arrayBuffer());
  });

  it('keep what is not replaced, as it is packed', async () => {
    const content = 'one and the same '.repeat(100);
    const next = await rewrite(await ofFile(packed('x/a.txt', content)), { 'c.txt': 'three' });
    expect(next.size).toBeLessThan(content.length / 2);
    expect(await contents(next)).toEqual({ 'a.txt': content, 'c.txt': 'three' });
    expect(await contents(await rewrite(await ofFile(next), { 'a.txt': 'new' }))).toEqual({ 'a.txt': 'new', 'c.txt': 'three' });
  });

  it('are refused when they are none, or hold more than they say', async () => {
    await expect(ofFile(new Blob(['no zip at all, but long enough to look at']))).rejects.toThrow();
    const [large] = await ofFile(packed('x', 'x'.repeat(9_000_000)));
    await expect(text(large!)).rejects.toThrow('large');
    const [lying] = await ofFile(packed('x', 'x'.repeat(9_000_000), 10));
    await expect(text(lying!)).rejects.toThrow();
  });
});

describe('packages', () => {
  const semantic = toSemantic({ ...EMPTY, name: 'A name', description: 'A description.', data: 'Table', task: 'Regression', license: 'MIT', scenarios: ['Health'], outputs: 1 }, null, undefined);

  it('get words where they have none', async () => {
    const bare = await rewrite([], { 'learnware.yaml': 'stat_specifications:\n- file_name: stat.json\n', 'stat.json': '{}', '__init__.py': '' });
    const file = new File([bare], 'bare.zip');
    expect(await openPackage(file)).toMatchObject({ semantic: null, wrong: [] });
    const opened = await openPackage(new File([await withWords(file, semantic)], 'full.zip'));
    expect(opened).toMatchObject({ files: 4, wrong: [], semantic: { License: { Values: ['MIT'] } } });
  });

  it('tell what is missing', async () => {
    const without = await rewrite([], { 'x.txt': '' });
    expect((await openPackage(new File([without], 'x.zip'))).wrong).toEqual(['package.noManifest']);
    const names = await rewrite([], { 'learnware.yaml': 'stat_specifications:\n- file_name: gone.json\n' });
    expect((await openPackage(new File([names], 'x.zip'))).wrong).toEqual(['package.missingFile', 'package.noCode']);
  });

  it('ask for what is missing in the words', () => {
    expect(Object.keys(wrong(EMPTY)).sort()).toEqual(['data', 'description', 'license', 'name', 'scenarios', 'task']);
    expect(wrong(fromSemantic(semantic))).toEqual({});
  });

  it('of bare models get what the file says, and what its labels tell', () => {
    const says = { format: 'lightgbm' as const, shape: [4], columns: [], task: 'Classification', outputs: 3, classes: [] };
    const filled = fromModel(says, EMPTY);
    expect(filled).toMatchObject({ task: 'Classification', outputs: 3, outputNames: '' });
    expect(wrong({ ...filled, outputs: 0 }).outputs).toBe('submit.wrong.classes');
    const answers = { task: 'Classification', output: { Dimension: 3, Description: { 0: 'a', 1: 'b', 2: 'c' } } };
    expect(withAnswers(filled, answers, says)).toMatchObject({ task: 'Classification', outputs: 3, outputNames: 'a\nb\nc' });
    expect(withAnswers({ ...filled, task: 'Others' }, answers, says).task).toBe('Others');
  });
});
