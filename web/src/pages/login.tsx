/** Signing in: by password, or by an identity provider that the operator set up. */
import { useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { api, ApiError } from '../api/client';
import type { LoginServices } from '../api/types';
import { t, type Key } from '../i18n';
import { useAction, useLoad } from '../lib/load';
import { signIn } from '../state/session';
import { Icon } from '../ui/icons';
import { ErrorNote, Field, Note, PageHead } from '../ui/parts';

/** A path of these pages; anything else is not gone to. */
const inside = (path: string | null) => (path && /^\/(?![/\\])/.test(path) ? path : '/');

/** Why another service's login did not let somebody in; the word stands in the address. */
function problemWords(word: string): string {
  const key = `code.${word}` as Key;
  const words = t(key);
  return words === key ? t('login.otherProblem') : words;
}

export default function Login() {
  const asked = new URLSearchParams(useSearch());
  const next = inside(asked.get('next'));
  const problem = asked.get('problem');
  const [, go] = useLocation();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const others = useLoad('login-services', (signal) => api.get<LoginServices>('/login-services', {}, signal).catch((): LoginServices => ({ services: [] })));
  const login = useAction(async () => {
    await signIn(email.trim(), password);
    go(next);
  });
  return (
    <div className="narrow">
      <PageHead title={t('login.title')}>{t('login.what')}</PageHead>
      {problem ? <Note tone="bad" title={t('login.cant')}><p>{problemWords(problem)}</p></Note> : null}
      <form className="stack panel" onSubmit={(event) => { event.preventDefault(); void login.run(); }}>
        <Field label={t('account.email')}>{(ids) => <input {...ids} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        <Field label={t('account.password')}>{(ids) => <input {...ids} type={shown ? 'text' : 'password'} autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />}</Field>
        <label className="check-line"><input type="checkbox" checked={shown} onChange={() => setShown(!shown)} /><span>{t('account.showPassword')}</span></label>
        <ErrorNote error={login.error} title={t('login.cant')} />
        {login.error instanceof ApiError && login.error.code === 'not-confirmed' ? <p className="small"><Link href="/confirm">{t('register.enterCode')}</Link> · <Link href="/forgotten">{t('codes.askAgain')}</Link></p> : null}
        <button type="submit" className="button primary" disabled={login.busy}>{t('nav.signIn')}</button>
        <div className="row small"><Link href="/forgotten">{t('login.forgotten')}</Link><span className="spread" /><Link href="/register">{t('need.register')}</Link></div>
      </form>
      {(others.data?.services ?? []).map((service) => (
        <a key={service.path} className="button provider" href={`${inside(service.path)}?next=${encodeURIComponent(next)}`}><Icon name="lock" />{t('login.by', { name: service.label })}</a>
      ))}
    </div>
  );
}
