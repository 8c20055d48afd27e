/** What its owner and administrators may do with a learnware. */
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api } from '../../api/client';
import type { Learnware, Organisation } from '../../api/types';
import { t } from '../../i18n';
import { forget, useAction, useLoad } from '../../lib/load';
import { Icon } from '../../ui/icons';
import { Confirm, ErrorNote, Field } from '../../ui/parts';

interface Props {
  learnware: Learnware;
  isOwner: boolean;
  isAdmin: boolean;
  onChange: () => void;
}

export function Manage({ learnware, isOwner, isAdmin, onChange }: Props) {
  const [asked, setAsked] = useState<'delete' | 'takedown' | null>(null);
  const [reason, setReason] = useState('');
  const [, go] = useLocation();
  const path = `/learnwares/${learnware.id}`;
  const remove = useAction(async () => {
    await api.delete(path);
    forget('');
    go('/mine');
  });
  const takedown = useAction(async () => {
    await api.post(`/admin${path}/takedown`, { reason });
    setAsked(null);
    onChange();
  });
  const putBack = useAction(async () => {
    await api.delete(`/admin${path}/takedown`);
    onChange();
  });
  return (
    <section className="panel stack">
      <h2>{t('manage.title')}</h2>
      {isOwner ? <Visibility learnware={learnware} onChange={onChange} /> : null}
      {isOwner ? <Link className="button" href={`/submit?replaces=${learnware.id}`}><Icon name="upload" />{t('manage.newVersion')}</Link> : null}
      {isOwner ? <button type="button" className="button danger" onClick={() => setAsked('delete')}><Icon name="trash" />{t('manage.delete')}</button> : null}
      {isAdmin && !learnware.taken_down ? <button type="button" className="button danger" onClick={() => setAsked('takedown')}>{t('manage.takedown')}</button> : null}
      {isAdmin && learnware.taken_down ? <button type="button" className="button" disabled={putBack.busy} onClick={() => void putBack.run()}>{t('manage.putBack')}</button> : null}
      <ErrorNote error={putBack.error} />
      {asked === 'delete' ? (
        <Confirm title={t('manage.deleteAsk')} action={t('manage.delete')} danger busy={remove.busy} error={remove.error} onConfirm={() => void remove.run()} onClose={() => setAsked(null)}><p>{t('manage.deleteWords')}</p></Confirm>
      ) : null}
      {asked === 'takedown' ? (
        <Confirm title={t('manage.takedownAsk')} action={t('manage.takedown')} danger busy={takedown.busy || !reason.trim()} error={takedown.error} onConfirm={() => void takedown.run()} onClose={() => setAsked(null)}>
          <Field label={t('manage.reason')} hint={t('manage.reasonHint')}>{(ids) => <textarea {...ids} required value={reason} onChange={(event) => setReason(event.target.value)} />}</Field>
        </Confirm>
      ) : null}
    </section>
  );
}

function Visibility({ learnware, onChange }: { learnware: Learnware; onChange: () => void }) {
  const organisations = useLoad('organisations', (signal) => api.get<Organisation[]>('/organisations', {}, signal));
  const change = useAction(async (value: string) => {
    const [visibility, organisation] = value.split(':');
    await api.put(`/learnwares/${learnware.id}/visibility`, organisation ? { visibility, organisation: Number(organisation) } : { visibility });
    onChange();
  });
  const now = learnware.organisation ? `organisation:${learnware.organisation}` : learnware.visibility;
  return (
    <div className="stack tight">
      <Field label={t('learnware.visibility')}>
        {(ids) => (
          <select {...ids} value={now} disabled={change.busy} onChange={(event) => void change.run(event.target.value)}>
            <option value="public">{t('visibility.public')}</option>
            <option value="owner">{t('visibility.owner')}</option>
            {(organisations.data ?? []).map((organisation) => <option key={organisation.id} value={`organisation:${organisation.id}`}>{t('visibility.in', { name: organisation.name })}</option>)}
          </select>
        )}
      </Field>
      <ErrorNote error={change.error} />
    </div>
  );
}
