import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { book } from './scripts/book.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The server that answers `/api` while the pages are served by Vite: `LEARNWARE_SERVER`, or the default address of `learnware serve`. */
const server = process.env.LEARNWARE_SERVER ?? 'http://127.0.0.1:8088';
const proxy = Object.fromEntries(
  ['/api', '/livez', '/readyz', '/account/oidc'].map((path) => [path, { target: server, changeOrigin: false }]),
);

export default defineConfig({
  plugins: [react(), book(here('../docs/book'))],
  // A policy without `unsafe-inline` and `data:` needs every asset as a file of its own.
  build: { target: 'es2022', manifest: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, sourcemap: false },
  worker: { format: 'es' },
  server: { proxy },
  preview: { proxy },
  test: { include: ['test/**/*.test.{ts,tsx}'] },
});
