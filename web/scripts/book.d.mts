import type { Plugin } from 'vite';

/** The book at `root` as modules of the pages. */
export function book(root: string): Plugin;
