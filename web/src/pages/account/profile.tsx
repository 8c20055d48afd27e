import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../../api/client';
import type { Me } from '../../api/types';
import { list, t, type Key } from '../../i18n';
import { useAction } from '../../lib/load';
import { ended, scopesOf } from '../../state/session';
import { Confirm, ErrorNote, Field, Note } from '../../ui/parts';
import { NewPasswordField } from './password';

/** Who one is here, a new password, and the end of the account. */
export function Profile({ me }: { me: Me }) {
  return (
    <div className="stack medium">
      <section className="panel">
        <h2>{me.name}</h2>
        <dl className="facts">
          <div><dt>{t('account.role')}</dt><dd>{t(`role.${me.role}` as Key)}</dd></div>
          <div><dt>{t('account.number')}</dt><dd>{String(me.account)}</dd></div>
          <div><dt>{t('tokens.scopes')}</dt><dd>{list(scopesOf(me).map((scope) => t(`scope.${scope}` as Key)))}</dd></div>
        </dl>
      </section>
      <Password />
      <Leave />
    </div>
  );
}

function Password() {
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const [done, setDone] = useState(false);
  const change = useAction(async () => {
    await api.post('/me/password', { old, new: next });
    setDone(true);
    ended();
  });
  return (
    <form className="panel stack" onSubmit={(event) => { event.preventDefault(); void change.run(); }}>
      <h2>{t('account.changePassword')}</h2>
      <Field label={t('account.oldPassword')}>{(ids) => <input {...ids} type="password" autoComplete="current-password" required value={old} onChange={(event) => setOld(event.target.value)} />}</Field>
      <NewPasswordField label={t('account.newPassword')} value={next} onChange={setNext} />
      <p className="small faint">{t('account.changeEnds')}</p>
      <ErrorNote error={change.error} />
      {done ? <Note tone="good"><p>{t('account.changed')}</p></Note> : null}
      <button type="submit" className="button primary" disabled={change.busy}>{t('account.changePassword')}</button>
    </form>
  );
}

function Leave() {
  const [asked, setAsked] = useState(false);
  const [password, setPassword] = useState('');
  const [learnwares, setLearnwares] = useState('keep');
  const [, go] = useLocation();
  const leave = useAction(async () => {
    await api.delete('/me', {}, { password, learnwares });
    ended();
    go('/');
  });
  return (
    <section className="panel stack">
      <h2>{t('leave.title')}</h2>
      <p>{t('leave.words')}</p>
      <button type="button" className="button danger" onClick={() => setAsked(true)}>{t('leave.go')}</button>
      {asked ? (
        <Confirm title={t('leave.ask')} action={t('leave.go')} danger busy={leave.busy || !password} error={leave.error} onConfirm={() => void leave.run()} onClose={() => setAsked(false)}>
          <fieldset>
            <legend>{t('leave.learnwares')}</legend>
            {['keep', 'delete'].map((value) => (
              <label key={value} className="check-line"><input type="radio" name="learnwares" checked={learnwares === value} onChange={() => setLearnwares(value)} /><span>{t(`leave.${value}` as Key)}</span></label>
            ))}
          </fieldset>
          <Field label={t('account.password')}>{(ids) => <input {...ids} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />}</Field>
        </Confirm>
      ) : null}
    </section>
  );
}
