import { useState } from 'react';
import { api } from '../../api/client';
import type { Granted, Me, Token } from '../../api/types';
import { ago, date, list, t, type Key } from '../../i18n';
import { useAction, useLoad } from '../../lib/load';
import { scopesOf } from '../../state/session';
import { Code, Confirm, Empty, ErrorNote, Field, Note, Skeleton } from '../../ui/parts';

const SCOPES = ['read', 'submit', 'account', 'admin'];
const DAYS = [7, 30, 90, 365];

/** What lets programs in: named, with scopes and an end, shown once. */
export function Tokens({ me }: { me: Me }) {
  const tokens = useLoad('tokens', (signal) => api.get<Token[]>('/tokens', {}, signal));
  const [asked, setAsked] = useState<Token | null>(null);
  const revoke = useAction(async (token: Token) => {
    await api.delete(`/tokens/${token.id}`);
    setAsked(null);
    tokens.reload();
  });
  return (
    <div className="stack medium">
      <p>{t('tokens.what')}</p>
      <NewToken me={me} onMade={tokens.reload} />
      <ErrorNote error={tokens.error} retry={tokens.reload} />
      {!tokens.data ? (tokens.error === undefined ? <Skeleton lines={3} /> : null) : tokens.data.length === 0 ? <Empty title={t('tokens.none')}><p>{t('tokens.noneAdvice')}</p></Empty> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
          <table>
            <thead><tr><th scope="col">{t('tokens.name')}</th><th scope="col">{t('tokens.scopes')}</th><th scope="col">{t('sessions.used')}</th><th scope="col">{t('sessions.ends')}</th><th scope="col"><span className="visually-hidden">{t('action.column')}</span></th></tr></thead>
            <tbody>
              {tokens.data.map((token) => (
                <tr key={token.id}>
                  <th scope="row">{token.name}<div className="small faint">{t('tokens.made', { date: date(token.created_at) })}</div></th>
                  <td>{list(token.scopes.map((scope) => t(`scope.${scope}` as Key)))}</td>
                  <td>{token.used_at ? ago(token.used_at) : t('tokens.never')}</td>
                  <td>{date(token.expires_at)}</td>
                  <td><button type="button" className="button small danger" onClick={() => setAsked(token)}>{t('tokens.revoke')}</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {asked ? <Confirm title={t('tokens.revokeAsk', { name: asked.name })} action={t('tokens.revoke')} danger busy={revoke.busy} error={revoke.error} onConfirm={() => void revoke.run(asked)} onClose={() => setAsked(null)}><p>{t('tokens.revokeWords')}</p></Confirm> : null}
    </div>
  );
}

function NewToken({ me, onMade }: { me: Me; onMade: () => void }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState(['read']);
  const [days, setDays] = useState(30);
  const [secret, setSecret] = useState<string | null>(null);
  const make = useAction(async () => {
    const granted = await api.post<Granted>('/tokens', { name: name.trim(), scopes, days });
    setSecret(granted.secret);
    setName('');
    onMade();
  });
  const offered = SCOPES.filter((scope) => scopesOf(me).includes(scope));
  return (
    <form className="panel stack" onSubmit={(event) => { event.preventDefault(); void make.run(); }}>
      <h2>{t('tokens.new')}</h2>
      <Field label={t('tokens.name')} hint={t('tokens.nameHint')}>{(ids) => <input {...ids} required maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
      <fieldset>
        <legend>{t('tokens.scopes')}</legend>
        {offered.map((scope) => (
          <label key={scope} className="check-line">
            <input type="checkbox" checked={scopes.includes(scope)} onChange={() => setScopes(scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope])} />
            <span>{t(`scope.${scope}` as Key)} <span className="small faint">{t(`scope.${scope}Words` as Key)}</span></span>
          </label>
        ))}
      </fieldset>
      <Field label={t('tokens.days')}>{(ids) => <select {...ids} value={days} onChange={(event) => setDays(Number(event.target.value))}>{DAYS.map((count) => <option key={count} value={count}>{t('tokens.daysN', { n: count })}</option>)}</select>}</Field>
      <ErrorNote error={make.error} />
      <button type="submit" className="button primary" disabled={make.busy || scopes.length === 0}>{t('tokens.make')}</button>
      {secret ? (
        <Note tone="good" title={t('tokens.once')} level={3}>
          <Code text={secret} label={t('tokens.secret')} />
          <p className="small">{t('tokens.onceWords')}</p>
        </Note>
      ) : null}
    </form>
  );
}
