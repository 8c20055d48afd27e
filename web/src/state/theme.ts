/** Light or dark: the system's, unless one was chosen here. */
import { keep, kept, store } from '../lib/store';

export type Theme = 'system' | 'light' | 'dark';

const first = kept('localStorage', 'theme');
export const theme = store<Theme>(first === 'light' || first === 'dark' ? first : 'system');

export function chooseTheme(next: Theme): void {
  keep('localStorage', 'theme', next === 'system' ? null : next);
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  theme.set(next);
}

/** What is seen now. */
export function isDark(): boolean {
  const chosen = theme.value();
  return chosen === 'dark' || (chosen === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}
