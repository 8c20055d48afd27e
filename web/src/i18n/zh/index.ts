/** The same in Chinese. */
import type { Dictionary } from '../index';
import { codes } from './codes';
import { learnware } from './learnware';
import { reading } from './reading';
import { search } from './search';
import { site } from './site';

export const zh: Dictionary = { ...site, ...search, ...learnware, ...codes, ...reading };
