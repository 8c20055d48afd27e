/** What is asked for, as it stands in the address: reloading, going back and sharing give the same search. */
import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

export const FACETS = ['task', 'data', 'scenario', 'format', 'library', 'license', 'model'] as const;
export type FacetName = (typeof FACETS)[number];
export const SORTS = ['relevance', 'newest', 'name', 'size', 'id'] as const;
export const MIXTURES = ['greedy', 'auto', 'nearest', 'none'] as const;
export const COMPARED_MAX = 4;

export interface SearchState {
  words: string;
  facets: Partial<Record<FacetName, string[]>>;
  sort: string;
  mixture: string;
  kernel: string;
  /** Whether learnwares of other columns are searched, too. */
  world: boolean;
  /** Whether learnwares that take a part of the columns are told, too. */
  parts: boolean;
  limit: number;
  members: number;
  /** A learnware whose specification is taken as the user's data. */
  like: string;
  compare: string[];
}

const LIMIT = 10;
const MEMBERS = 5;

const list = (text: string | null) => (text ? text.split(',').filter(Boolean) : []);

export function parse(text: string): SearchState {
  const all = new URLSearchParams(text);
  const facets: Partial<Record<FacetName, string[]>> = {};
  for (const name of FACETS) {
    const chosen = list(all.get(name));
    if (chosen.length > 0) facets[name] = chosen;
  }
  const count = (name: string, otherwise: number, most: number) => Math.min(most, Math.max(1, Math.trunc(Number(all.get(name))) || otherwise));
  return {
    words: all.get('q') ?? '',
    facets,
    sort: all.get('sort') ?? '',
    mixture: all.get('mixture') ?? 'greedy',
    kernel: all.get('kernel') ?? 'island',
    world: all.get('world') === '1',
    parts: all.get('parts') === '1',
    limit: count('limit', LIMIT, 100),
    members: count('members', MEMBERS, 10),
    like: all.get('like') ?? '',
    compare: list(all.get('compare')).slice(0, COMPARED_MAX),
  };
}

export function write(state: SearchState): string {
  const all = new URLSearchParams();
  const set = (name: string, value: string, usual: string) => {
    if (value !== usual) all.set(name, value);
  };
  set('q', state.words, '');
  for (const name of FACETS) set(name, (state.facets[name] ?? []).join(','), '');
  set('sort', state.sort, '');
  set('mixture', state.mixture, 'greedy');
  set('kernel', state.kernel, 'island');
  set('world', state.world ? '1' : '', '');
  set('parts', state.parts ? '1' : '', '');
  set('limit', String(state.limit), String(LIMIT));
  set('members', String(state.members), String(MEMBERS));
  set('like', state.like, '');
  set('compare', state.compare.join(','), '');
  return all.toString();
}

/** The query as the server reads it: words, then fields such as `task:classification`. */
export function queryOf(state: SearchState): string {
  const fields = FACETS.flatMap((name) => (state.facets[name] ?? []).map((value) => `${name}:${value.toLowerCase().replace(/[^\p{L}\p{N}.-]+/gu, '-')}`));
  return [state.words.trim(), ...fields].filter(Boolean).join(' ');
}

export function useSearchState(): [SearchState, (change: Partial<SearchState>, replace?: boolean) => void] {
  const text = useSearch();
  const [, go] = useLocation();
  const state = useMemo(() => parse(text), [text]);
  const change = useCallback((next: Partial<SearchState>, replace = false) => {
    const now = parse(location.search);
    const query = write({ ...now, ...next });
    go(`/search${query ? `?${query}` : ''}`, { replace });
  }, [go]);
  return [state, change];
}
