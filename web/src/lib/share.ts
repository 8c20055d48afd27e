/**
 * A specification inside an address. It stands behind the `#`, which browsers send to no server: only whoever gets the
 * address has it.
 */
import type { Statistical } from '../api/types';
import { read } from './specification';

/** Characters of such an address that programs still take. */
export const ADDRESS_MAX = 60_000;

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array<ArrayBuffer>> {
  const answer = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await answer.arrayBuffer());
}

/** Numbers with six digits: more than a picture or a ranking needs. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(6));
  return Array.isArray(value) ? value.map(rounded) : value;
}

export async function toFragment(name: string, specification: Statistical): Promise<string> {
  const small = { ...specification, z: rounded(specification.z), beta: rounded(specification.beta) };
  const packed = await through(new TextEncoder().encode(JSON.stringify({ name, specification: small })), new CompressionStream('gzip'));
  let text = '';
  for (const byte of packed) text += String.fromCharCode(byte);
  return `spec=${btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

export async function fromFragment(fragment: string): Promise<{ name: string; specification: Statistical } | null> {
  const match = /(?:^#?|&)spec=([\w-]+)/.exec(fragment);
  if (!match) return null;
  const text = atob(match[1]!.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = await through(Uint8Array.from(text, (character) => character.charCodeAt(0)), new DecompressionStream('gzip'));
  const found = JSON.parse(new TextDecoder().decode(bytes)) as { name?: unknown; specification?: unknown };
  return { name: String(found.name ?? ''), specification: read(JSON.stringify(found.specification)) };
}
