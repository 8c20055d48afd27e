import { describe, expect, it } from 'vitest';
import { openPackage, pack, withWords } from '../src/lib/package';
import { content, entries, ofFile, rewrite, text, withoutFolder, write } from '../src/lib/zip';
import { fromSemantic, toSemantic, wrong, EMPTY } from '../src/pages/submit/fields';

const bytes = (value: string) => new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>;

describe('zips', () => {
  it('are read as they were written', async () => {
    const zip = write({ 'b.txt': bytes('second'), 'a/ä.txt': bytes('first') });
    const found = await entries(ofFile(zip));
    expect(found.map((entry) => entry.name)).toEqual(['a/ä.txt', 'b.txt']);
    expect(await text(ofFile(zip), found[0]!)).toBe('first');
  });

  it('keep what is not replaced', async () => {
    const zip = write({ 'x/a.txt': bytes('one'), 'x/b.txt': bytes('two') });
    const kept = withoutFolder(await entries(ofFile(zip)));
    const next = await rewrite(zip, kept, { 'b.txt': bytes('new'), 'c.txt': bytes('three') });
    const found = await entries(ofFile(next));
    expect(found.map((entry) => entry.name)).toEqual(['a.txt', 'b.txt', 'c.txt']);
    expect(await Promise.all(found.map((entry) => text(ofFile(next), entry)))).toEqual(['one', 'new', 'three']);
  });

  it('are refused when they are none, or claim too much', async () => {
    await expect(entries(ofFile(new Blob(['no zip at all, but long enough to look at'])))).rejects.toThrow();
    await expect(content(ofFile(new Blob([])), { name: 'x', method: 0, packed: 9e9, size: 9e9, offset: 0, checksum: 0 })).rejects.toThrow('large');
  });
});

describe('packages', () => {
  const semantic = toSemantic({ ...EMPTY, name: 'A name', description: 'A description.', data: 'Table', task: 'Regression', license: 'MIT', scenarios: ['Health'] }, null, undefined);

  it('of a bare model say what they are', async () => {
    const zip = await pack(new File(['model'], 'm.onnx'), 'onnx', { type: 'RKMETableSpecification', z: [[1, 2]], beta: [1] }, semantic);
    const opened = await openPackage(new File([zip], 'm.zip'));
    expect(opened).toMatchObject({ format: 'onnx', files: 4, wrong: [], semantic: { Name: { Values: 'A name' } } });
  });

  it('get words where they have none', async () => {
    const bare = write({ 'learnware.yaml': bytes('stat_specifications:\n- file_name: stat.json\n'), 'stat.json': bytes('{}'), '__init__.py': bytes('') });
    const file = new File([bare], 'bare.zip');
    expect(await openPackage(file)).toMatchObject({ semantic: null, wrong: [] });
    const opened = await openPackage(new File([await withWords(file, semantic)], 'full.zip'));
    expect(opened).toMatchObject({ files: 4, wrong: [], semantic: { License: { Values: ['MIT'] } } });
  });

  it('tell what is missing', async () => {
    const without = write({ 'x.txt': bytes('') });
    expect((await openPackage(new File([without], 'x.zip'))).wrong).toEqual(['package.noManifest']);
    const names = write({ 'learnware.yaml': bytes('stat_specifications:\n- file_name: gone.json\n') });
    expect((await openPackage(new File([names], 'x.zip'))).wrong).toEqual(['package.missingFile', 'package.noCode']);
  });

  it('ask for what is missing in the words', () => {
    expect(Object.keys(wrong(EMPTY)).sort()).toEqual(['data', 'description', 'license', 'name', 'scenarios', 'task']);
    expect(wrong(fromSemantic(semantic))).toEqual({});
  });
});
