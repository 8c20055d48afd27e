import type { AuditEntry } from '../../api/types';
import { date, t, type Key } from '../../i18n';
import { Skeleton } from '../../ui/parts';
import { usePages } from './pages';

/** What was done by whom, newest first. */
export function Audit() {
  const entries = usePages<AuditEntry>('/admin/audit', {}, 'before');
  return (
    <div className="stack">
      {!entries.loaded ? (entries.error === undefined ? <Skeleton lines={6} /> : null) : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table className="stacked">
            <thead><tr><th scope="col">{t('audit.at')}</th><th scope="col">{t('audit.by')}</th><th scope="col">{t('audit.action')}</th><th scope="col">{t('audit.subject')}</th><th scope="col">{t('audit.detail')}</th></tr></thead>
            <tbody>
              {entries.rows.map((entry) => (
                <tr key={entry.id}><td className="nowrap" data-label={t('audit.at')}>{date(entry.at, true)}</td><td data-label={t('audit.by')}>{entry.account ? t('audit.account', { n: String(entry.account) }) : t('audit.operator')}</td><td>{actionWords(entry.action)} <code className="small faint">{entry.action}</code></td><td data-label={t('audit.subject')}>{entry.subject}</td><td className="small">{entry.detail}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {entries.button}
    </div>
  );
}

/** What was done, in words; an action that has none stays as it is. */
function actionWords(action: string): string {
  const key = `audit.${action}` as Key;
  const words = t(key);
  return words === key ? '' : words;
}
