/** The own account: name and password, sessions, tokens, organisations, its end. */
import { Link } from 'wouter';
import { t, type Key } from '../../i18n';
import { NeedAccount } from '../../ui/need-account';
import { Empty, PageHead } from '../../ui/parts';
import { Organisations } from './organisations';
import { Profile } from './profile';
import { Sessions } from './sessions';
import { Tokens } from './tokens';

const PARTS = ['profile', 'sessions', 'tokens', 'organisations'] as const;

export default function AccountPage({ part }: { part: string }) {
  return (
    <>
      <PageHead title={t('account.title')} />
      <NeedAccount why={t('account.why')}>
        {(me) => (
          <>
            <nav className="tabs" aria-label={t('account.title')}>
              {PARTS.map((entry) => <Link key={entry} href={entry === 'profile' ? '/account' : `/account/${entry}`} aria-current={entry === part ? 'page' : undefined}>{t(`account.part.${entry}` as Key)}</Link>)}
            </nav>
            {part === 'profile' ? <Profile me={me} /> : part === 'sessions' ? <Sessions /> : part === 'tokens' ? <Tokens me={me} /> : part === 'organisations' ? <Organisations me={me} /> : <Empty title={t('missing.what')} />}
          </>
        )}
      </NeedAccount>
    </>
  );
}
