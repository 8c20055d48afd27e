/** Packages as these pages need them: what a zip says of itself, and a package made of a model file and a specification. */
import type { Semantic, Statistical } from '../api/types';
import { entries, ofFile, rewrite, text, withoutFolder, write, type Entry } from './zip';

export const SEMANTIC_FILE = 'semantic_specification.json';
const ZIP_BYTES_MAX = 1_073_741_824;

export type ModelFormat = 'onnx' | 'lightgbm' | 'xgboost';

/** What was found in a zip; `wrong` are keys of the dictionary for what the server would refuse. */
export interface Opened {
  file: File;
  format: string;
  semantic: Semantic | null;
  files: number;
  wrong: string[];
}

export async function openPackage(file: File): Promise<Opened> {
  const opened: Opened = { file, format: 'python', semantic: null, files: 0, wrong: [] };
  if (file.size > ZIP_BYTES_MAX) return { ...opened, wrong: ['package.large'] };
  let all: { name: string; entry: Entry }[];
  try {
    all = withoutFolder(await entries(ofFile(file)));
  } catch {
    return { ...opened, wrong: ['package.notZip'] };
  }
  opened.files = all.length;
  const find = (name: string) => all.find((one) => one.name === name);
  const manifest = find('learnware.yaml');
  if (!manifest) return { ...opened, wrong: ['package.noManifest'] };
  const yaml = await text(ofFile(file), manifest.entry);
  opened.format = /^format:\s*["']?(\w+)/m.exec(yaml)?.[1] ?? 'python';
  const named = [...yaml.matchAll(/file_name:\s*["']?([^"'\n#]+?)["']?\s*$/gm)].map((match) => match[1] ?? '');
  if (named.some((name) => !find(name))) opened.wrong.push('package.missingFile');
  if (opened.format === 'python' && !all.some(({ name }) => name.endsWith('.py'))) opened.wrong.push('package.noCode');
  const words = find(semanticFile(yaml));
  if (words) opened.semantic = parse(await text(ofFile(file), words.entry));
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

const bytesOf = (value: string) => new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>;

/** The zip with another semantic specification in it; everything else is as it was. */
export async function withWords(file: File, semantic: Semantic): Promise<Blob> {
  const source = ofFile(file);
  const all = withoutFolder(await entries(source));
  const manifest = all.find(({ name }) => name === 'learnware.yaml');
  if (!manifest) return file;
  const yaml = await text(source, manifest.entry);
  const name = semanticFile(yaml);
  const isNamed = /^semantic_specification:/m.test(yaml);
  const next = isNamed ? yaml : `${yaml.trimEnd()}\nsemantic_specification:\n  file_name: ${SEMANTIC_FILE}\n`;
  return rewrite(file, all, { 'learnware.yaml': bytesOf(next), [name]: bytesOf(`${JSON.stringify(semantic, null, 2)}\n`) });
}

/** How a model file is stored, by its first bytes and its name; `null` where it is no model that is data. */
export async function modelFormat(file: File): Promise<ModelFormat | null> {
  const name = file.name.toLowerCase();
  if (name.endsWith('.onnx')) return 'onnx';
  const head = await file.slice(0, 4096).text();
  if (/^\s*tree\s*\n/.test(head) || head.includes('num_class=')) return 'lightgbm';
  if (/^\s*\{/.test(head) && head.includes('"learner"')) return 'xgboost';
  return null;
}

const MODEL_FILES: Record<ModelFormat, string> = { onnx: 'model.onnx', lightgbm: 'model.txt', xgboost: 'model.json' };

/** A package of a model that is data: what `learnware pack` makes, without the fallback in Python. */
export async function pack(model: File, format: ModelFormat, specification: Statistical, semantic: Semantic): Promise<Blob> {
  const stat = { ...specification };
  delete stat.input;
  const manifest = [
    `format: ${format}`,
    'model:',
    `  file_name: ${MODEL_FILES[format]}`,
    'stat_specifications:',
    '- module_path: learnware.specification',
    `  class_name: ${specification.type ?? 'RKMETableSpecification'}`,
    '  file_name: stat.json',
    'semantic_specification:',
    `  file_name: ${SEMANTIC_FILE}`,
    '',
  ].join('\n');
  return write({
    'learnware.yaml': bytesOf(manifest),
    'stat.json': bytesOf(JSON.stringify(stat)),
    [SEMANTIC_FILE]: bytesOf(`${JSON.stringify(semantic, null, 2)}\n`),
    [MODEL_FILES[format]]: new Uint8Array(await model.arrayBuffer()),
  });
}
