/** The user's task: the specification of data that stayed here. Kept in this tab until it is closed. */
import type { Dimensions, Statistical } from '../api/types';
import { keep, kept, store, useStore } from '../lib/store';
import { namesByPlace, read } from '../lib/specification';

export interface Task {
  name: string;
  specification: Statistical;
  /** Rows that it was made of; 0 where unknown. */
  rows: number;
  bytes: number;
  /** Names of its columns, for pictures; sent only with a search of other columns, which says so. */
  columns: string[];
}

function first(): Task | null {
  const text = kept('sessionStorage', 'task');
  if (!text) return null;
  try {
    const found = JSON.parse(text) as Task;
    read(JSON.stringify(found.specification));
    return found;
  } catch {
    return null;
  }
}

export const task = store<Task | null>(first());

export function useTask(): Task | null {
  return useStore(task);
}

export function setTask(next: Task | null): void {
  keep('sessionStorage', 'task', next === null ? null : JSON.stringify(next));
  task.set(next);
}

/** What the columns are called, one for each number of a point. */
export function columnsOf(found: Task): string[] {
  const input = found.specification.input as Dimensions | undefined;
  const count = Array.isArray(found.specification.z[0]) ? found.specification.z[0].length : 0;
  const names = input?.Columns ? namesByPlace(input.Columns) : found.columns;
  return Array.from({ length: count }, (_, place) => input?.Description?.[String(place)] ?? (names.length === count ? names[place] ?? '' : ''));
}

/** A key that changes with the specification, for what is loaded by it. */
export function keyOf(found: Task | null): string {
  if (!found) return '';
  const text = JSON.stringify(found.specification.beta) + JSON.stringify(found.specification.z.slice(0, 3));
  let hash = 0;
  for (let place = 0; place < text.length; place += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(place)) | 0;
  return `${found.name}/${found.specification.z.length}/${hash}`;
}
