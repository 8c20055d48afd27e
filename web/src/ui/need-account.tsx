/** What a guest sees where an account is needed. */
import { Link, useLocation } from 'wouter';
import { useState, type ReactNode } from 'react';
import type { Me } from '../api/types';
import { t } from '../i18n';
import { useSession } from '../state/session';
import { Empty, Note, Skeleton } from './parts';

/** `keeps`: what was typed stays when the session ends, and its owner can sign in again beside it. */
export function NeedAccount({ children, why, keeps = false }: { children: (me: Me) => ReactNode; why: string; keeps?: boolean }) {
  const me = useSession();
  const [path] = useLocation();
  const [last, setLast] = useState<Me | null>(null);
  if (me && me !== last) setLast(me);
  const known = me ?? (keeps ? last : null);
  if (me === undefined && !known) return <Skeleton lines={4} />;
  if (known) {
    return (
      <>
        {known === me ? null : <Note tone="careful" title={t('need.ended')}><p><a href="/login" target="_blank" rel="noreferrer">{t('need.again')}</a></p></Note>}
        {children(known)}
      </>
    );
  }
  return (
    <Empty
      title={t('need.title')}
      actions={<><Link className="button primary" href={`/login?next=${encodeURIComponent(path + location.search)}`}>{t('nav.signIn')}</Link><Link className="button" href="/register">{t('need.register')}</Link></>}
    >
      <p>{why}</p>
    </Empty>
  );
}
