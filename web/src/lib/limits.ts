/** Packages, for those who have not loaded what reads them. */
import type { Semantic } from '../api/types';

/** Bytes of a package at most, as the dock takes them. */
export const PACKAGE_BYTES_MAX = 1_073_741_824;

/** What was found in a zip; `wrong` are keys of the dictionary for what the server would refuse. */
export interface Opened {
  file: File;
  format: string;
  semantic: Semantic | null;
  files: number;
  wrong: string[];
}
