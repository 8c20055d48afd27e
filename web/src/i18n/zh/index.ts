/** The same in Chinese. */
import type { Dictionary } from '../index';
import { learnware } from './learnware';
import { search } from './search';
import { site } from './site';

export const zh: Dictionary = { ...site, ...search, ...learnware };
