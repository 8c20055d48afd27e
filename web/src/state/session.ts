/** Who is signed in. The session is a cookie that scripts can't read. */
import { ApiError, api, whenUnknown } from '../api/client';
import type { Me } from '../api/types';
import { forget } from '../lib/load';
import { store, useStore } from '../lib/store';

/** `undefined` until the server was asked, `null` for a guest. */
export const session = store<Me | null | undefined>(undefined);

whenUnknown(() => {
  if (session.value()) session.set(null);
});

export function useSession(): Me | null | undefined {
  return useStore(session);
}

/** What a session may do: administration is for administrators, whatever it carries. */
export function scopesOf(me: Me): string[] {
  return me.scopes.filter((scope) => scope !== 'admin' || me.role === 'admin');
}

export async function refresh(): Promise<void> {
  try {
    session.set(await api.get<Me>('/me'));
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) session.set(null);
    else if (session.value() === undefined) session.set(null);
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  await api.post('/sessions', { email, password }, { headers: { 'X-Learnware-Session': 'cookie' } });
  forget('');
  session.set(await api.get<Me>('/me'));
}

export async function signOut(): Promise<void> {
  await api.delete('/sessions/current').catch((error: unknown) => {
    if (!(error instanceof ApiError && error.isUnknownVisitor)) throw error;
  });
  ended();
}

/** The session ended, here or there. */
export function ended(): void {
  forget('');
  session.set(null);
}
