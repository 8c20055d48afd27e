/** The address of this search, with or without the specification. */
import { useState } from 'react';
import { bytes, t } from '../../i18n';
import { ADDRESS_MAX, toFragment } from '../../lib/share';
import { bare } from '../../lib/specification';
import type { Task } from '../../state/task';
import { Icon } from '../../ui/icons';

export function ShareButton({ task }: { task: Task | null }) {
  const [said, setSaid] = useState('');
  const copy = async (withTask: boolean) => {
    let address = location.origin + location.pathname + location.search;
    if (withTask && task) {
      address += `#${await toFragment(task.name, bare(task.specification))}`;
      if (address.length > ADDRESS_MAX) return setSaid(t('share.tooLong', { size: bytes(address.length) }));
    }
    await navigator.clipboard.writeText(address).then(
      () => setSaid(withTask ? t('share.copiedWith', { size: bytes(address.length) }) : t('share.copied')),
      () => setSaid(t('share.refused')),
    );
  };
  return (
    <>
      <button type="button" className="button" onClick={() => void copy(false)}><Icon name="link" />{t('share.copy')}</button>
      {task ? <button type="button" className="button" onClick={() => void copy(true)}>{t('share.copyWith')}</button> : null}
      <span role="status" className={said ? 'small faint' : 'visually-hidden'}>{said}</span>
    </>
  );
}
