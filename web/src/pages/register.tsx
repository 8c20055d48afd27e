/** Registering: some work for the server, then a code by mail; or an invitation. */
import { useState } from 'react';
import { Link, useSearch } from 'wouter';
import { api } from '../api/client';
import type { Challenge } from '../api/types';
import { t } from '../i18n';
import { useAction } from '../lib/load';
import { nonce } from '../lib/work';
import { ErrorNote, Field, Note, PageHead } from '../ui/parts';
import { NewPasswordField } from './account/password';

export default function Register() {
  const [invitation, setInvitation] = useState(new URLSearchParams(useSearch()).has('invitation') ? ' ' : '');
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [done, setDone] = useState<'mail' | 'invited' | null>(null);
  const [working, setWorking] = useState(false);
  const register = useAction(async () => {
    const person = { email: email.trim(), name: name.trim(), password };
    if (invitation.trim()) {
      await api.post('/accounts/invitation', { ...person, code: invitation.trim() });
      return setDone('invited');
    }
    const challenge = await api.post<Challenge>('/accounts/challenge');
    setWorking(true);
    const found = await nonce(challenge).finally(() => setWorking(false));
    await api.post('/accounts', { ...person, code: challenge.challenge, nonce: found });
    setDone('mail');
  });
  if (done) {
    return (
      <div className="narrow">
        <PageHead title={t('register.title')} />
        <Note tone="good" title={done === 'mail' ? t('register.doneMail') : t('register.doneInvited')}>
          <p>{done === 'mail' ? t('register.doneMailWords', { email }) : t('register.doneInvitedWords')}</p>
          <p>{done === 'mail' ? <Link href="/confirm">{t('register.enterCode')}</Link> : <Link href="/login">{t('nav.signIn')}</Link>}</p>
        </Note>
      </div>
    );
  }
  return (
    <div className="narrow">
      <PageHead title={t('register.title')}>{t('register.what')}</PageHead>
      <form className="stack panel" onSubmit={(event) => { event.preventDefault(); void register.run(); }}>
        <Field label={t('account.email')} hint={t('register.emailHint')}>{(ids) => <input {...ids} type="email" autoComplete="email" required value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        <Field label={t('account.name')} hint={t('register.nameHint')}>{(ids) => <input {...ids} autoComplete="nickname" required minLength={2} maxLength={40} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <NewPasswordField label={t('account.password')} value={password} onChange={setPassword} />
        <label className="check-line"><input type="checkbox" checked={invitation !== ''} onChange={() => setInvitation(invitation ? '' : ' ')} /><span>{t('register.haveInvitation')}</span></label>
        {invitation ? <Field label={t('register.invitation')} hint={t('register.invitationHint')}>{(ids) => <input {...ids} autoComplete="off" required value={invitation.trimStart()} onChange={(event) => setInvitation(event.target.value || ' ')} />}</Field> : null}
        <ErrorNote error={register.error} title={t('register.cant')} />
        {working ? <p role="status" className="small">{t('register.working')}</p> : null}
        <button type="submit" className="button primary" disabled={register.busy}>{t('register.go')}</button>
        <p className="small"><Link href="/login">{t('register.haveAccount')}</Link></p>
      </form>
    </div>
  );
}
