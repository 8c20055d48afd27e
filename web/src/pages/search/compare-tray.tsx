/** The learnwares that were picked for a comparison. */
import { Link } from 'wouter';
import { t } from '../../i18n';
import { Icon } from '../../ui/icons';
import { COMPARED_MAX } from './state';

export function CompareTray({ ids, onRemove, onClear }: { ids: string[]; onRemove: (id: string) => void; onClear: () => void }) {
  if (ids.length === 0) return null;
  return (
    <div className="tray" role="region" aria-label={t('compare.tray')}>
      <span>{t('compare.picked', { n: ids.length, most: COMPARED_MAX })}</span>
      {ids.map((id) => (
        <button key={id} type="button" className="chip" onClick={() => onRemove(id)} aria-label={t('compare.remove', { id })}><code>{id}</code><Icon name="close" size={14} /></button>
      ))}
      <span className="spread" />
      <button type="button" className="button small quiet" onClick={onClear}>{t('compare.clear')}</button>
      <Link className="button small primary" href={`/compare?ids=${ids.join(',')}`} aria-disabled={ids.length < 2}>{t('compare.go')}</Link>
    </div>
  );
}
