/** What the generator says of data, in the language of the page: by its word and values, else in its own English. */
import { t, type Key } from '../i18n';

export interface Said {
  code: string;
  values: Record<string, string>;
  /** The sentence in English, without a full stop. */
  message: string;
}

export function saidWords({ code, values, message }: Said, hint = ''): string {
  const key = `read.${code}` as Key;
  const own = t(key, values);
  if (own === key) return sentences(message, hint);
  const at = values['at'];
  return at && !own.includes(at) ? `${at}: ${own}` : own;
}

/** What is wrong, which may begin with the name of a file, and what to do, as two sentences. */
function sentences(message: string, hint: string): string {
  const ended = (part: string) => (/[.!?]$/.test(part) ? part : `${part}.`);
  return hint === '' ? ended(message) : `${ended(message)} ${ended(hint.charAt(0).toUpperCase() + hint.slice(1))}`;
}
