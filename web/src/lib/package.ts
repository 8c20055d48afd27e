/** Packages as these pages need them: what a zip says of itself. */
import type { Semantic } from '../api/types';
import { PACKAGE_BYTES_MAX, type Opened } from './limits';
import { ofFile, rewrite, text, type Member } from './zip';

export const SEMANTIC_FILE = 'semantic_specification.json';

export async function openPackage(file: File): Promise<Opened> {
  const opened: Opened = { file, format: 'python', semantic: null, files: 0, wrong: [] };
  if (file.size > PACKAGE_BYTES_MAX) return { ...opened, wrong: ['package.large'] };
  let all: Member[];
  try {
    all = await ofFile(file);
  } catch {
    return { ...opened, wrong: ['package.notZip'] };
  }
  opened.files = all.length;
  const find = (name: string) => all.find((one) => one.name === name);
  const manifest = find('learnware.yaml');
  if (!manifest) return { ...opened, wrong: ['package.noManifest'] };
  const yaml = await text(manifest);
  opened.format = /^format:\s*["']?(\w+)/m.exec(yaml)?.[1] ?? 'python';
  const named = [...yaml.matchAll(/file_name:\s*["']?([^"'\n#]+?)["']?\s*$/gm)].map((match) => match[1] ?? '');
  if (named.some((name) => !find(name))) opened.wrong.push('package.missingFile');
  if (opened.format === 'python' && !all.some(({ name }) => name.endsWith('.py'))) opened.wrong.push('package.noCode');
  const words = find(semanticFile(yaml));
  if (words) opened.semantic = parse(await text(words));
  return opened;
}

function semanticFile(yaml: string): string {
  return /^semantic_specification:\s*\n\s+file_name:\s*["']?([^"'\n]+?)["']?\s*$/m.exec(yaml)?.[1] ?? SEMANTIC_FILE;
}

function parse(words: string): Semantic | null {
  try {
    return JSON.parse(words) as Semantic;
  } catch {
    return null;
  }
}

/** The zip with another semantic specification in it; everything else is as it was. */
export async function withWords(file: File, semantic: Semantic): Promise<Blob> {
  const all = await ofFile(file);
  const manifest = all.find(({ name }) => name === 'learnware.yaml');
  if (!manifest) return file;
  const yaml = await text(manifest);
  const name = semanticFile(yaml);
  const isNamed = /^semantic_specification:/m.test(yaml);
  const next = isNamed ? yaml : `${yaml.trimEnd()}\nsemantic_specification:\n  file_name: ${SEMANTIC_FILE}\n`;
  return rewrite(all, { 'learnware.yaml': next, [name]: `${JSON.stringify(semantic, null, 2)}\n` });
}
