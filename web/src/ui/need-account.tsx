/** What a guest sees where an account is needed. */
import { Link, useLocation } from 'wouter';
import type { ReactNode } from 'react';
import type { Me } from '../api/types';
import { t } from '../i18n';
import { useSession } from '../state/session';
import { Empty, Skeleton } from './parts';

export function NeedAccount({ children, why }: { children: (me: Me) => ReactNode; why: string }) {
  const me = useSession();
  const [path] = useLocation();
  if (me === undefined) return <Skeleton lines={4} />;
  if (me) return <>{children(me)}</>;
  return (
    <Empty
      title={t('need.title')}
      actions={<><Link className="button primary" href={`/login?next=${encodeURIComponent(path + location.search)}`}>{t('nav.signIn')}</Link><Link className="button" href="/register">{t('need.register')}</Link></>}
    >
      <p>{why}</p>
    </Empty>
  );
}
