/** Looking after the dock: figures, queue, evolution, accounts, what was done, data sets, storage, settings. */
import { Link } from 'wouter';
import { t, type Key } from '../../i18n';
import { NeedAccount } from '../../ui/need-account';
import { Empty, PageHead } from '../../ui/parts';
import { Accounts } from './accounts';
import { Audit } from './audit';
import { Datasets } from './datasets';
import { Evolutions } from './evolution';
import { Overview } from './overview';
import { Queue } from './queue';
import { Settings, Storage } from './operating';

const PARTS = { overview: Overview, queue: Queue, evolution: Evolutions, accounts: Accounts, audit: Audit, datasets: Datasets, storage: Storage, settings: Settings } as const;
type Part = keyof typeof PARTS;

export default function Admin({ part }: { part: string }) {
  const Shown = part in PARTS ? PARTS[part as Part] : null;
  return (
    <>
      <PageHead title={t('admin.title')} />
      <NeedAccount why={t('admin.why')}>
        {(me) => me.role !== 'admin' ? <Empty title={t('admin.only')}><p>{t('admin.onlyWords')}</p></Empty> : (
          <>
            <nav className="tabs" aria-label={t('admin.title')}>
              {(Object.keys(PARTS) as Part[]).map((entry) => <Link key={entry} href={entry === 'overview' ? '/administration' : `/administration/${entry}`} aria-current={entry === part ? 'page' : undefined}>{t(`admin.part.${entry}` as Key)}</Link>)}
            </nav>
            {Shown ? <Shown /> : <Empty title={t('missing.what')} />}
          </>
        )}
      </NeedAccount>
    </>
  );
}
