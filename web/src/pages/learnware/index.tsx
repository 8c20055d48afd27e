/** One learnware: what it does, what it was trained on, what its check found, how it is used. */
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { address, api } from '../../api/client';
import type { DataForm, Learnware, Version } from '../../api/types';
import { bytes, date, list, number, t, vocabulary, type Key } from '../../i18n';
import { useLoad } from '../../lib/load';
import { comparable, descriptionOf, kindOf, nameOf } from '../../lib/specification';
import { OverlapFigure, Shifts, type Drawn } from '../../pictures/fit';
import { useSession } from '../../state/session';
import { useTask } from '../../state/task';
import { Report } from '../../ui/check-report';
import { Icon } from '../../ui/icons';
import { Description, Safety, Status, Tags } from '../../ui/learnware-parts';
import { ErrorNote, Note, PageHead, Skeleton } from '../../ui/parts';
import { Classes } from './classes';
import { Files } from './files';
import { InputsAndOutputs } from './inputs';
import { Manage } from './manage';
import { Similar } from './similar';
import { Try } from './try';
import { Use } from './use';

export default function LearnwarePage({ id }: { id: string }) {
  const found = useLoad(`learnware/${id}`, (signal) => api.get<Learnware>(`/learnwares/${encodeURIComponent(id)}`, {}, signal));
  const [chosen, setChosen] = useState<number | null>(null);
  if (!found.data && found.error !== undefined) {
    return <><PageHead title={t('learnware.title', { id })} /><ErrorNote error={found.error} retry={found.reload} /></>;
  }
  const learnware = found.data;
  const version = learnware ? (learnware.versions.find((entry) => entry.version === (chosen ?? learnware.latest_version)) ?? learnware.versions.at(-1)) : undefined;
  if (!learnware || !version) return <Skeleton lines={10} />;
  return <Shown learnware={learnware} version={version} onVersion={setChosen} onChange={found.reload} />;
}

interface ShownProps {
  learnware: Learnware;
  version: Version;
  onVersion: (version: number) => void;
  onChange: () => void;
}

function Shown({ learnware, version, onVersion, onChange }: ShownProps) {
  const me = useSession();
  const name = nameOf(version.semantic, learnware.id);
  const isOwner = Boolean(me && learnware.owner && me.name === learnware.owner);
  const isUsable = version.status === 'usable';
  return (
    <>
      <PageHead
        title={name}
        actions={
          <>
            <Link className="button" href={`/search?like=${learnware.id}`}><Icon name="search" />{t('learnware.like')}</Link>
            {isUsable ? <a className="button primary" href={address(`/learnwares/${learnware.id}/package`, { version: version.version })} download={`${learnware.id}.zip`}><Icon name="download" />{t('learnware.download', { size: bytes(version.size_bytes) })}</a> : null}
          </>
        }
      >
        <span className="row"><Tags semantic={version.semantic} linked /><Safety format={version.format} />{isUsable ? null : <Status status={version.status} />}</span>
      </PageHead>
      {learnware.taken_down ? <Note tone="bad" title={t('learnware.takenDown')}><p>{learnware.taken_down}</p></Note> : null}
      <div className="side right">
        <div className="stack loose">
          <section className="stack"><h2 className="visually-hidden">{t('learnware.about')}</h2><Description text={descriptionOf(version.semantic)} /></section>
          {isUsable ? <Use learnware={learnware} version={version} /> : null}
          <Specification learnware={learnware} version={version} />
          {isUsable ? <Try learnware={learnware} version={version} /> : null}
          <InputsAndOutputs semantic={version.semantic} specification={version.statistical[0]} />
          {version.version === learnware.latest_version ? <Classes id={learnware.id} /> : null}
          {version.report ? <section className="stack"><h2>{t('learnware.check')}</h2><Report report={version.report} status={version.status} isOver={Boolean(learnware.taken_down)} /></section> : null}
          <Similar id={learnware.id} version={version} />
          {isUsable ? <Files learnware={learnware} version={version} /> : null}
        </div>
        <aside className="stack" aria-label={t('learnware.facts')}>
          <Facts learnware={learnware} version={version} />
          <Versions learnware={learnware} version={version} onVersion={onVersion} />
          {isOwner || me?.role === 'admin' ? <Manage learnware={learnware} isOwner={isOwner} isAdmin={me?.role === 'admin'} onChange={onChange} /> : null}
        </aside>
      </div>
    </>
  );
}

function Facts({ learnware, version }: { learnware: Learnware; version: Version }) {
  const input = version.semantic.Input?.Dimension;
  const output = version.semantic.Output?.Dimension;
  const facts: [string, React.ReactNode][] = [
    [t('learnware.id'), <code key="id">{learnware.id}</code>],
    [t('learnware.owner'), learnware.owner ?? t('learnware.noOwner')],
    [t('facets.license'), list((version.semantic.License?.Values ?? []).map((word) => vocabulary('license', word))) || '–'],
    [t('learnware.format'), t(`format.${version.format}` as Key)],
    ...(version.data ? [[t('learnware.asData'), <AsData key="data" learnware={learnware} version={version} data={version.data} />] as [string, React.ReactNode]] : []),
    [t('learnware.size'), bytes(version.size_bytes)],
    [t('learnware.inputs'), input ? number(input) : '–'],
    [t('learnware.outputs'), output ? number(output) : '–'],
    [t('learnware.submitted'), date(version.submitted_at, true)],
    [t('learnware.checked'), version.checked_at ? date(version.checked_at, true) : '–'],
    [t('learnware.downloads'), number(learnware.downloads)],
    [t('learnware.visibility'), learnware.taken_down ? t('learnware.visibleToNobody') : t(`visibility.${learnware.visibility}` as Key)],
    [t('learnware.digest'), <code key="digest" className="digest">{version.digest}</code>],
  ];
  return (
    <section className="panel">
      <h2>{t('learnware.facts')}</h2>
      <dl className="fact-list">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <p className="small faint">{t(version.format === 'python' ? 'safety.codeWords' : 'safety.dataWords')}</p>
    </section>
  );
}

function AsData({ learnware, version, data }: { learnware: Learnware; version: Version; data: DataForm }) {
  if (data.state === 'impossible') return <>{t('learnware.noData', { reason: data.reason })}</>;
  const href = address(`/learnwares/${learnware.id}/package`, { version: version.version, form: 'data' });
  return (
    <>
      <a href={href} download={`${learnware.id}-data.zip`}>{t(`format.${data.format}` as Key)}, {bytes(data.size_bytes)}</a>{' '}
      {t('learnware.dataCompared', { n: number(data.compared), difference: data.difference.toExponential(0) })}
    </>
  );
}

function Versions({ learnware, version, onVersion }: { learnware: Learnware; version: Version; onVersion: (version: number) => void }) {
  return (
    <section className="panel">
      <h2>{t('learnware.versions')}</h2>
      <ul className="plain stack tight">
        {[...learnware.versions].reverse().map((entry) => (
          <li key={entry.version} className="row small">
            <button type="button" className="link" aria-current={entry.version === version.version ? 'true' : undefined} onClick={() => onVersion(entry.version)}>{t('learnware.versionN', { n: String(entry.version) })}</button>
            {entry.version === learnware.latest_version ? <span className="tag accent">{t('learnware.latest')}</span> : null}
            {entry.status === 'usable' ? null : <Status status={entry.status} />}
            <span className="faint">{date(entry.submitted_at)} · {bytes(entry.size_bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The picture of what it was trained on; with the user's own data in it where they can be compared. */
function Specification({ learnware, version }: { learnware: Learnware; version: Version }) {
  const task = useTask();
  const specification = version.statistical[0];
  const mine = task && specification && comparable(task.specification, specification) ? task : null;
  const drawn = useMemo((): Drawn[] => {
    if (!specification) return [];
    const theirs: Drawn = { name: nameOf(version.semantic, learnware.id), specification, place: 0 };
    return mine ? [{ name: t('results.yourData'), specification: mine.specification, place: null }, theirs] : [theirs];
  }, [specification, mine, version, learnware.id]);
  if (!specification) return null;
  const kind = kindOf(specification);
  return (
    <section className="stack">
      <h2>{t('learnware.specification')}</h2>
      <p>{t(`learnware.specificationWords.${kind}` as Key, { n: specification.z.length, rows: specification.num_points ?? 0 })}{specification.embedder ? ` ${t('learnware.embedder', { name: specification.embedder.name, n: specification.embedder.dimension })}` : ''}</p>
      <OverlapFigure drawn={drawn} caption={mine ? t('fit.caption') : t('learnware.specificationCaption')} />
      {mine && kind === 'table' ? <Shifts mine={mine.specification} theirs={specification} semantic={version.semantic} columns={mine.columns} /> : null}
    </section>
  );
}
