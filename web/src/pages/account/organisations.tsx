import { useState } from 'react';
import { api } from '../../api/client';
import type { Me, Member, Organisation } from '../../api/types';
import { date, t, type Key } from '../../i18n';
import { forget, useAction, useLoad } from '../../lib/load';
import { Empty, ErrorNote, Field, Skeleton } from '../../ui/parts';

/** Organisations: who belongs to them sees what is theirs. */
export function Organisations({ me }: { me: Me }) {
  const own = useLoad('organisations', (signal) => api.get<Organisation[]>('/organisations', {}, signal));
  const [name, setName] = useState('');
  const found = useAction(async () => {
    await api.post('/organisations', { name: name.trim() });
    setName('');
    own.reload();
  });
  return (
    <div className="stack medium">
      <p>{t('organisations.what')}</p>
      <form className="panel stack" onSubmit={(event) => { event.preventDefault(); void found.run(); }}>
        <h2>{t('organisations.new')}</h2>
        <Field label={t('organisations.name')} hint={t('organisations.nameHint')}>{(ids) => <input {...ids} required minLength={2} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <ErrorNote error={found.error} />
        <button type="submit" className="button primary" disabled={found.busy}>{t('organisations.make')}</button>
      </form>
      <ErrorNote error={own.error} retry={own.reload} />
      {!own.data ? (own.error === undefined ? <Skeleton lines={3} /> : null) : own.data.length === 0 ? <Empty title={t('organisations.none')}><p>{t('organisations.noneAdvice')}</p></Empty> : own.data.map((organisation) => <One key={organisation.id} organisation={organisation} me={me} onChange={() => { forget('organisation'); own.reload(); }} />)}
    </div>
  );
}

function One({ organisation, me, onChange }: { organisation: Organisation; me: Me; onChange: () => void }) {
  const path = `/organisations/${organisation.id}/members`;
  const members = useLoad(`organisation/${organisation.id}`, (signal) => api.get<Member[]>(path, {}, signal));
  const [name, setName] = useState('');
  const isManager = organisation.role === 'manager';
  const put = useAction(async (who: string, role: string) => {
    await api.put(`${path}/${encodeURIComponent(who)}`, { role });
    setName('');
    members.reload();
  });
  const remove = useAction(async (who: string) => {
    await api.delete(`${path}/${encodeURIComponent(who)}`);
    if (who === me.name) onChange();
    else members.reload();
  });
  return (
    <section className="panel stack">
      <h2>{organisation.name} <span className="tag">{t(`member.${organisation.role}` as Key)}</span></h2>
      <ErrorNote error={members.error} retry={members.reload} />
      <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
        <table>
          <caption>{t('organisations.members')}</caption>
          <thead><tr><th scope="col">{t('account.name')}</th><th scope="col">{t('account.role')}</th><th scope="col">{t('organisations.since')}</th><th scope="col"><span className="visually-hidden">{t('action.column')}</span></th></tr></thead>
          <tbody>
            {(members.data ?? []).map((member) => (
              <tr key={member.name}>
                <th scope="row">{member.name}</th>
                <td>
                  {isManager && member.name !== me.name ? (
                    <select className="small-select" aria-label={t('organisations.roleOf', { name: member.name })} value={member.role} onChange={(event) => void put.run(member.name, event.target.value)}>
                      <option value="member">{t('member.member')}</option><option value="manager">{t('member.manager')}</option>
                    </select>
                  ) : t(`member.${member.role}` as Key)}
                </td>
                <td>{date(member.since)}</td>
                <td>{member.name === me.name ? <button type="button" className="button small" onClick={() => void remove.run(member.name)}>{t('organisations.leave')}</button> : isManager ? <button type="button" className="button small danger" onClick={() => void remove.run(member.name)}>{t('organisations.remove')}</button> : null}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ErrorNote error={put.error ?? remove.error} />
      {isManager ? (
        <form className="row filter" onSubmit={(event) => { event.preventDefault(); void put.run(name.trim(), 'member'); }}>
          <label className="spread"><span className="label">{t('organisations.add')}</span><input required value={name} onChange={(event) => setName(event.target.value)} placeholder={t('organisations.addHint')} /></label>
          <button type="submit" className="button" disabled={put.busy}>{t('organisations.addGo')}</button>
        </form>
      ) : null}
    </section>
  );
}
