import { api } from '../../api/client';
import type { Session } from '../../api/types';
import { ago, date, list, t, type Key } from '../../i18n';
import { useAction, useLoad } from '../../lib/load';
import { ended } from '../../state/session';
import { ErrorNote, Skeleton } from '../../ui/parts';

/** Where one is signed in, and ending it. */
export function Sessions() {
  const sessions = useLoad('me/sessions', (signal) => api.get<Session[]>('/me/sessions', {}, signal));
  const end = useAction(async (session: Session) => {
    await api.delete(`/me/sessions/${session.id}`);
    if (session.current) ended();
    else sessions.reload();
  });
  const endAll = useAction(async () => {
    await api.delete('/me/sessions');
    ended();
  });
  if (!sessions.data) return sessions.error === undefined ? <Skeleton lines={4} /> : <ErrorNote error={sessions.error} retry={sessions.reload} />;
  return (
    <div className="stack medium">
      <p>{t('sessions.what')}</p>
      <ErrorNote error={end.error ?? endAll.error} />
      <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
        <table className="stacked">
          <thead><tr><th scope="col">{t('sessions.began')}</th><th scope="col">{t('sessions.used')}</th><th scope="col">{t('sessions.ends')}</th><th scope="col">{t('tokens.scopes')}</th><th scope="col"><span className="visually-hidden">{t('action.column')}</span></th></tr></thead>
          <tbody>
            {sessions.data.map((session) => (
              <tr key={session.id}>
                <th scope="row">{date(session.created_at, true)} {session.current ? <span className="tag accent">{t('sessions.this')}</span> : null}{session.name ? <div className="small faint">{session.name}</div> : null}</th>
                <td data-label={t('sessions.used')}>{session.used_at ? ago(session.used_at) : '–'}</td>
                <td data-label={t('sessions.ends')}>{date(session.expires_at)}</td>
                <td className="small" data-label={t('tokens.scopes')}>{list(session.scopes.map((scope) => t(`scope.${scope}` as Key)))}</td>
                <td><button type="button" className="button small" disabled={end.busy} onClick={() => void end.run(session)}>{t('sessions.end')}</button></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <button type="button" className="button danger" disabled={endAll.busy} onClick={() => void endAll.run()}>{t('sessions.endAll')}</button>
    </div>
  );
}
