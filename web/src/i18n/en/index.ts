/** Every word of the pages, in English; other languages have the same keys. */
import { codes } from './codes';
import { learnware } from './learnware';
import { reading } from './reading';
import { search } from './search';
import { site } from './site';

export const en = { ...site, ...search, ...learnware, ...codes, ...reading };
