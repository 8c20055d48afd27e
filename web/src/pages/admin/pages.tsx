/** Lists that the server gives newest first, a page at a time. */
import { useEffect, useState } from 'react';
import { api, type Query } from '../../api/client';
import { t } from '../../i18n';
import { useAction, useLoad } from '../../lib/load';
import { ErrorNote } from '../../ui/parts';

/** Entries of a page, as the server gives them. */
const PAGE = 100;

export function usePages<T extends { id: number }>(path: string, query: Query, cursor: 'before' | 'after') {
  const key = `${path}?${JSON.stringify(query)}`;
  const first = useLoad(key, (signal) => api.get<T[]>(path, query, signal));
  const [more, setMore] = useState<T[]>([]);
  const [ended, setEnded] = useState(false);
  useEffect(() => {
    setMore([]);
    setEnded(false);
  }, [first.data]);
  const rows = [...(first.data ?? []), ...more];
  const isFull = rows.length > 0 && rows.length % PAGE === 0;
  const next = useAction(async () => {
    const page = await api.get<T[]>(path, { ...query, [cursor]: rows.at(-1)?.id });
    setEnded(page.length === 0);
    setMore((now) => [...now, ...page]);
  });
  const button = (
    <>
      <ErrorNote error={first.error ?? next.error} retry={first.reload} />
      {isFull && !ended ? <button type="button" className="button" disabled={next.busy} onClick={() => void next.run()}>{t('words.more')}</button> : null}
    </>
  );
  return { rows, loaded: first.data !== undefined, error: first.error, reload: first.reload, button };
}
