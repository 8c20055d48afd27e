/** A value that components follow. */
import { useSyncExternalStore } from 'react';

export interface Store<T> {
  value: () => T;
  set: (next: T) => void;
  subscribe: (listener: () => void) => () => void;
}

export function store<T>(first: T): Store<T> {
  let current = first;
  const listeners = new Set<() => void>();
  return {
    value: () => current,
    set: (next) => {
      current = next;
      listeners.forEach((listener) => listener());
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(followed: Store<T>): T {
  return useSyncExternalStore(followed.subscribe, followed.value);
}

/** Reads what this browser keeps; nothing where storage is refused. */
export function kept(area: 'localStorage' | 'sessionStorage', name: string): string | null {
  try {
    return window[area].getItem(`learnware.${name}`);
  } catch {
    return null;
  }
}

/** Keeps a value in this browser, where it lets us; `null` forgets. */
export function keep(area: 'localStorage' | 'sessionStorage', name: string, value: string | null): void {
  try {
    if (value === null) window[area].removeItem(`learnware.${name}`);
    else window[area].setItem(`learnware.${name}`, value);
  } catch {
    // Storage is refused or full: the value lasts as long as the page.
  }
}
