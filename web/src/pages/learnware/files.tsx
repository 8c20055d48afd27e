/** What lies in the package and what it depends on: read by ranges, so that nobody loads a gigabyte to see a list. */
import { useState } from 'react';
import { address } from '../../api/client';
import type { Learnware, Version } from '../../api/types';
import { bytes, t } from '../../i18n';
import { useLoad } from '../../lib/load';
import { ErrorNote, Skeleton } from '../../ui/parts';

const FILES_SHOWN = 200;
const DEPENDENCIES = ['requirements.txt', 'environment.yaml'];

interface Inside {
  files: { name: string; size: number }[];
  dependencies: { name: string; text: string }[];
}

async function look(learnware: Learnware, version: Version): Promise<Inside> {
  const { ofAddress, text } = await import('../../lib/zip');
  const found = await ofAddress(address(`/learnwares/${learnware.id}/package`, { version: version.version }));
  const wanted = found.filter(({ name }) => DEPENDENCIES.includes(name));
  const dependencies = await Promise.all(wanted.map(async (file) => ({ name: file.name, text: await text(file) })));
  return { files: found.map(({ name, size }) => ({ name, size })), dependencies };
}

export function Files({ learnware, version }: { learnware: Learnware; version: Version }) {
  const [open, setOpen] = useState(false);
  const inside = useLoad(open ? `files/${version.digest}` : null, () => look(learnware, version));
  return (
    <details className="panel" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><h2 className="inline">{t('files.title')}</h2></summary>
      <div className="stack">
        <ErrorNote error={inside.error} title={t('files.cantRead')} retry={inside.reload} />
        {!inside.data ? (open && inside.error === undefined ? <Skeleton lines={4} /> : null) : (
          <>
            <section>
              <h3>{t('files.dependencies')}</h3>
              {inside.data.dependencies.length === 0 ? <p>{t(version.format === 'python' ? 'files.noneDeclared' : 'files.noneNeeded')}</p> : inside.data.dependencies.map((file) => (
                <figure key={file.name}><figcaption>{file.name}</figcaption><pre tabIndex={0}><code>{file.text}</code></pre></figure>
              ))}
              {version.format !== 'python' && inside.data.dependencies.length > 0 ? <p className="small faint">{t('files.fallback')}</p> : null}
            </section>
            <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
              <table>
                <caption>{t('files.list', { n: inside.data.files.length })}</caption>
                <thead><tr><th scope="col">{t('files.name')}</th><th scope="col" className="number">{t('learnware.size')}</th></tr></thead>
                <tbody>{inside.data.files.slice(0, FILES_SHOWN).map((file) => <tr key={file.name}><th scope="row"><code>{file.name}</code></th><td className="number">{bytes(file.size)}</td></tr>)}</tbody>
              </table>
            </div>
            {inside.data.files.length > FILES_SHOWN ? <p className="small faint">{t('files.more', { n: inside.data.files.length - FILES_SHOWN })}</p> : null}
          </>
        )}
      </div>
    </details>
  );
}
