/** The user's data beside the results. */
import { t } from '../../i18n';
import { kindOf } from '../../lib/specification';
import type { Task } from '../../state/task';
import { taskWords } from '../../ui/data-maker';
import { Icon } from '../../ui/icons';

/** `isNamed`: the search tells the names of the columns, too. */
export function TaskPanel({ task, isLike, isNamed, onForget }: { task: Task; isLike: boolean; isNamed: boolean; onForget: () => void }) {
  const kind = kindOf(task.specification);
  return (
    <section className="panel task" aria-label={t('task.title')}>
      <h2>{isLike ? t('task.like') : t('task.title')}</h2>
      <div className="row task-row"><Icon name={kind} /><strong className="task-name">{task.name}</strong></div>
      <p className="small faint">{taskWords(task)}</p>
      <p className="small"><Icon name="lock" size={14} /> {isLike ? t('task.likePublic') : t(isNamed ? 'task.privateNamed' : 'task.private')}</p>
      <button type="button" className="button small" onClick={onForget}>{isLike ? t('task.unlike') : t('task.forget')}</button>
    </section>
  );
}
