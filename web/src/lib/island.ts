/** Names of islands in the visitor's language. */
import { t } from '../i18n';

interface Key {
  kind?: string;
  dimension?: number;
  embedder?: { name?: string };
  base?: { name?: string };
}

/** What an island is, by its key; `fallback` is the server's sentence. */
export function islandName(key: unknown, fallback = ''): string {
  const { kind, dimension, embedder, base } = (key ?? {}) as Key;
  if (kind === 'table' && dimension !== undefined) return t('island.table', { n: dimension });
  if (kind === 'text' && embedder?.name) return t('island.text', { name: embedder.name });
  if (kind === 'image' && embedder?.name) return t('island.image', { name: embedder.name });
  if (kind === 'parameters' && base?.name) return t('island.parameters', { name: base.name });
  if (kind === 'reference_image') return t('island.referenceImage');
  return fallback || (kind ?? '');
}
