/** Codes that came by mail: confirming an address, a new password; and asking for one. */
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../api/client';
import { t, type Key } from '../i18n';
import { useAction } from '../lib/load';
import { ErrorNote, Field, Note, PageHead } from '../ui/parts';
import { NewPasswordField } from './account/password';

type Purpose = 'confirm' | 'reset' | 'forgotten';

export default function Codes({ purpose }: { purpose: Purpose }) {
  const [code, setCode] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [done, setDone] = useState(false);
  useEffect(() => {
    // The code stands behind the `#`, and whoever looks at the history later finds none.
    if (location.hash.length < 2) return;
    setCode(decodeURIComponent(location.hash.slice(1)));
    history.replaceState(history.state, '', location.pathname);
  }, []);
  const send = useAction(async () => {
    if (purpose === 'confirm') await api.post('/accounts/confirm', { code: code.trim() });
    else if (purpose === 'reset') await api.post('/accounts/reset', { code: code.trim(), password });
    else await api.post('/accounts/reset-code', { email: email.trim() });
    setDone(true);
  });
  return (
    <div className="narrow">
      <PageHead title={t(`codes.${purpose}` as Key)}>{done ? null : t(`codes.${purpose}What` as Key)}</PageHead>
      {done ? (
        <Note tone="good" title={t(`codes.${purpose}Done` as Key)}>
          <p>{purpose === 'forgotten' ? <Link href="/reset">{t('codes.haveCode')}</Link> : <Link href="/login">{t('nav.signIn')}</Link>}</p>
        </Note>
      ) : (
        <form className="stack panel" onSubmit={(event) => { event.preventDefault(); void send.run(); }}>
          {purpose === 'forgotten' ? (
            <Field label={t('account.email')}>{(ids) => <input {...ids} type="email" autoComplete="email" required value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
          ) : (
            <Field label={t('codes.code')} hint={t('codes.codeHint')}>{(ids) => <input {...ids} autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.target.value)} />}</Field>
          )}
          {purpose === 'reset' ? <NewPasswordField label={t('account.newPassword')} value={password} onChange={setPassword} /> : null}
          <ErrorNote error={send.error} />
          {purpose !== 'forgotten' && send.error ? <p className="small"><Link href="/forgotten">{t('codes.askAgain')}</Link></p> : null}
          <button type="submit" className="button primary" disabled={send.busy}>{t(`codes.${purpose}Go` as Key)}</button>
          {purpose === 'forgotten' ? <p className="small"><Link href="/reset">{t('codes.haveCode')}</Link></p> : null}
        </form>
      )}
    </div>
  );
}
