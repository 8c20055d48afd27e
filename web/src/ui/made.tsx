/** A specification that was just made: how big it is, how near its points are to real rows, what will be sent. */
import { bytes, language, number, t } from '../i18n';
import { Notes } from './notes';
import { Note } from './parts';
import { saidWords, type Said } from '../lib/said';
import { Icon } from './icons';
import type { MadeSpecification } from '../wasm';

export function Made({ made, name, useWords, onUse, onBack, published }: { made: MadeSpecification; name: string; useWords: string; onUse: () => void; onBack: () => void; published: boolean }) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([made.json.slice()], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = `${name.replace(/\.[^.]*$/, '')}.stat.json`;
    link.click();
    URL.revokeObjectURL(address);
  };
  const time = t('made.time', { seconds: number(made.seconds, 2), memory: bytes(made.memoryBytes) });
  return (
    <div className="stack" aria-live="polite">
      <Note tone="good" title={t('made.title')} level={3}>
        <p>{language.value() === 'en' && made.description ? made.description : t('made.words', { points: made.points, dimension: made.dimension, rows: made.rows })}</p>
        <p className="small faint">{time}</p>
      </Note>
      <Notes notes={made.notes} />
      <Privacy made={made} published={published} />
      <div className="row">
        <button type="button" className="button primary" onClick={onUse}>{useWords}</button>
        <button type="button" className="button" onClick={save}><Icon name="download" />{t('made.download', { size: bytes(made.bytes) })}</button>
        <button type="button" className="button quiet" onClick={onBack}>{t('made.back')}</button>
      </div>
    </div>
  );
}

/** The privacy report, in the words of the command line where it has some. */
function Privacy({ made, published }: { made: MadeSpecification; published: boolean }) {
  const sentences = (made.disclosure['sentences'] ?? []) as Said[];
  const facts = Object.entries(made.disclosure).filter(([, value]) => typeof value === 'number') as [string, number][];
  return (
    <section className="panel">
      <h3><Icon name="lock" size={16} /> {t('made.privacy')}</h3>
      {sentences.map((said) => <p key={said.code}>{saidWords(said)}</p>)}
      {facts.length > 0 ? (
        <details>
          <summary>{t('made.facts')}</summary>
          <dl className="facts">{facts.map(([key, value]) => <div key={key}><dt>{key.replaceAll('_', ' ')}</dt><dd>{number(value, 4)}</dd></div>)}</dl>
        </details>
      ) : null}
      <p className="small faint">{t(published ? 'made.published' : 'made.sent', { points: made.points, dimension: made.dimension, size: bytes(made.bytes) })}</p>
    </section>
  );
}
