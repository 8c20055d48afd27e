/** A place to drop files on, which is a file input too: keyboard and screen reader use it as one. */
import { useRef, useState, type ReactNode } from 'react';
import { Icon, type IconName } from './icons';

export function Drop({ title, hint, accept, multiple, onFiles, icon = 'upload', disabled }: {
  title: string; hint: ReactNode; accept?: string; multiple?: boolean; onFiles: (files: File[]) => void; icon?: IconName; disabled?: boolean;
}) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (files: FileList | null) => {
    if (files && files.length > 0) onFiles([...files]);
    if (input.current) input.current.value = '';
  };
  return (
    <label
      className={`drop ${over ? 'over' : ''}`}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); if (!disabled) take(event.dataTransfer.files); }}
    >
      <Icon name={icon} size={26} />
      <strong>{title}</strong>
      <span className="small faint">{hint}</span>
      <input ref={input} className="visually-hidden" type="file" accept={accept} multiple={multiple} disabled={disabled} onChange={(event) => take(event.target.files)} />
    </label>
  );
}
