/** What the generator noticed. Many notes of one sort, as of columns that never change, are one note that opens. */
import { t } from '../i18n';
import { saidWords, type Said } from '../lib/said';
import { Note } from './parts';

/** As many of one sort stand by themselves. */
const ALONE = 3;

export function Notes({ notes }: { notes: Said[] }) {
  const sorts = [...new Set(notes.map((note) => note.code))].map((code) => notes.filter((note) => note.code === code));
  return sorts.flatMap((sort) => (sort.length <= ALONE ? sort.map((note) => <One key={note.message} notes={[note]} />) : [<One key={sort[0]?.code} notes={sort} />]));
}

function One({ notes: [first, ...more] }: { notes: Said[] }) {
  if (!first) return null;
  return (
    <Note tone="careful" level={3}>
      <p>{saidWords(first)}</p>
      {more.length > 0 ? (
        <details>
          <summary>{t('made.moreNotes', { n: more.length })}</summary>
          <ul className="plain">{more.map((note) => <li key={note.message}>{saidWords(note)}</li>)}</ul>
        </details>
      ) : null}
    </Note>
  );
}
