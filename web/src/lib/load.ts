/** Loading of answers: what is shown meanwhile, what went wrong, and asking again. */
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

/** Answers kept while the page is open, so that going back shows them at once. */
const seen = new Map<string, unknown>();
const SEEN_MAX = 60;

export function forget(prefix: string): void {
  for (const key of [...seen.keys()]) if (key.startsWith(prefix)) seen.delete(key);
}

function remember(key: string, value: unknown): void {
  seen.delete(key);
  seen.set(key, value);
  const oldest = seen.keys().next().value;
  if (seen.size > SEEN_MAX && oldest !== undefined) seen.delete(oldest);
}

/** Loads by `ask` whenever `key` changes; `null` asks for nothing. */
export function useLoad<T>(key: string | null, ask: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown }>({ key: null });
  const [round, setRound] = useState(0);
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    latest.current(stop.signal).then(
      (data) => {
        remember(key, data);
        if (!stop.signal.aborted) setState({ key, data });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setState({ key, error, data: seen.get(key) as T | undefined });
      },
    );
    return () => stop.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const isCurrent = state.key === key;
  const data = isCurrent ? state.data : key === null ? undefined : (seen.get(key) as T | undefined);
  return { data, error: isCurrent ? state.error : undefined, loading: key !== null && !isCurrent, reload };
}

/** Something that a button does: whether it runs, and what went wrong. */
export function useAction<A extends unknown[]>(act: (...values: A) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  const run = useCallback(async (...values: A) => {
    setBusy(true);
    setError(null);
    try {
      await latest.current(...values);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }, []);
  return { run, busy, error, clear: useCallback(() => setError(null), []) };
}
