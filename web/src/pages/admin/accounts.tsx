import { useState } from 'react';
import { api } from '../../api/client';
import type { Account, Estate } from '../../api/types';
import { date, t, type Key } from '../../i18n';
import { useAction } from '../../lib/load';
import { useSession } from '../../state/session';
import { Icon } from '../../ui/icons';
import { Confirm, ErrorNote, Skeleton } from '../../ui/parts';
import { usePages } from './pages';

/** Accounts: roles, locks, ends; and the list as a file. */
export function Accounts() {
  const me = useSession();
  const accounts = usePages<Account>('/admin/accounts', {}, 'after');
  const [words, setWords] = useState('');
  const [asked, setAsked] = useState<Account | null>(null);
  const [learnwares, setLearnwares] = useState('keep');
  const change = useAction(async (account: Account, patch: { role?: string; disabled?: boolean }) => {
    await api.patch(`/admin/accounts/${account.id}`, patch);
    accounts.reload();
  });
  const end = useAction(async (account: Account) => {
    await api.delete<Estate>(`/admin/accounts/${account.id}`, { learnwares });
    setAsked(null);
    accounts.reload();
  });
  const shown = accounts.rows.filter((account) => `${account.name} ${account.email}`.toLowerCase().includes(words.toLowerCase()));
  return (
    <div className="stack">
      <div className="row filter">
        <label className="row spread"><span>{t('accounts.filter')}</span><input type="search" value={words} onChange={(event) => setWords(event.target.value)} /></label>
        <button type="button" className="button" onClick={() => save(shown)}><Icon name="download" />{t('accounts.csv')}</button>
      </div>
      <ErrorNote error={change.error} />
      {!accounts.loaded ? (accounts.error === undefined ? <Skeleton lines={5} /> : null) : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table className="stacked">
            <thead><tr><th scope="col" className="number">{t('account.number')}</th><th scope="col">{t('account.name')}</th><th scope="col">{t('account.email')}</th><th scope="col">{t('account.role')}</th><th scope="col">{t('accounts.state')}</th><th scope="col">{t('accounts.made')}</th><th scope="col"><span className="visually-hidden">{t('action.column')}</span></th></tr></thead>
            <tbody>
              {shown.map((account) => {
                const isMe = me?.account === account.id;
                return (
                  <tr key={account.id}>
                    <td className="number" data-label={t('account.number')}>{account.id}</td>
                    <th scope="row">{account.name}{isMe ? <> <span className="tag accent">{t('accounts.you')}</span></> : null}</th>
                    <td data-label={t('account.email')}>{account.email}</td>
                    <td className="nowrap" data-label={t('account.role')}>
                      {isMe ? t(`role.${account.role}` as Key) : (
                        <select className="small-select" aria-label={t('organisations.roleOf', { name: account.name })} value={account.role} disabled={change.busy} onChange={(event) => void change.run(account, { role: event.target.value })}>
                          <option value="user">{t('role.user')}</option><option value="admin">{t('role.admin')}</option>
                        </select>
                      )}
                    </td>
                    <td data-label={t('accounts.state')}>{account.disabled_at ? <span className="tag bad">{t('accounts.locked')}</span> : account.confirmed_at ? <span className="tag good">{t('accounts.confirmed')}</span> : <span className="tag careful">{t('accounts.unconfirmed')}</span>}</td>
                    <td className="nowrap" data-label={t('accounts.made')}>{date(account.created_at)}</td>
                    <td className="nowrap">
                      {isMe ? null : (
                        <>
                          <button type="button" className="button small" disabled={change.busy} onClick={() => void change.run(account, { disabled: !account.disabled_at })}>{account.disabled_at ? t('accounts.unlock') : t('accounts.lock')}</button>{' '}
                          <button type="button" className="button small danger" onClick={() => setAsked(account)}>{t('accounts.end')}</button>
                        </>
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {accounts.button}
      {asked ? (
        <Confirm title={t('accounts.endAsk', { name: asked.name })} action={t('accounts.end')} danger busy={end.busy} error={end.error} onConfirm={() => void end.run(asked)} onClose={() => setAsked(null)}>
          <fieldset>
            <legend>{t('leave.learnwares')}</legend>
            {['keep', 'delete'].map((value) => <label key={value} className="check-line"><input type="radio" name="estate" checked={learnwares === value} onChange={() => setLearnwares(value)} /><span>{t(`leave.${value}` as Key)}</span></label>)}
          </fieldset>
        </Confirm>
      ) : null}
    </div>
  );
}

/** A cell that no spreadsheet takes for a formula. */
const cell = (value: string) => `"${(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;

function save(accounts: Account[]): void {
  const lines = accounts.map((account) => [String(account.id), account.name, account.email, account.role, account.created_at, account.confirmed_at ?? '', account.disabled_at ?? ''].map(cell).join(','));
  const address = URL.createObjectURL(new Blob([['number,name,email,role,created_at,confirmed_at,disabled_at', ...lines].join('\r\n')], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'accounts.csv';
  link.click();
  URL.revokeObjectURL(address);
}
