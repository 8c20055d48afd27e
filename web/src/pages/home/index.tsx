/** The first page: search at once, see what is here, watch it work. */
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api } from '../../api/client';
import type { DockInfo, LearnwarePage } from '../../api/types';
import { ago, number, t, type Key } from '../../i18n';
import { islandName } from '../../lib/island';
import { useLoad } from '../../lib/load';
import { descriptionOf } from '../../lib/specification';
import { plainText } from '../../lib/markdown';
import { setTask, useTask } from '../../state/task';
import { DataMaker } from '../../ui/data-maker';
import { Icon, type IconName } from '../../ui/icons';
import { Safety, Tags } from '../../ui/learnware-parts';
import { ErrorNote, Skeleton, useTitle } from '../../ui/parts';
import { Demonstration } from './demonstration';

export default function Home() {
  useTitle('');
  const dock = useLoad('dock', (signal) => api.get<DockInfo>('/dock', {}, signal));
  return (
    <div className="stack loose home">
      <Hero />
      <ErrorNote error={dock.error} retry={dock.reload} />
      <Figures dock={dock.data} />
      <Steps />
      <Demonstration />
      <Newest />
    </div>
  );
}

function Hero() {
  const [words, setWords] = useState('');
  const [, go] = useLocation();
  const task = useTask();
  return (
    <section className="hero">
      <h1>{t('home.title')}</h1>
      <p className="lead">{t('home.lead')}</p>
      <div className="hero-grid">
        <div className="panel stack">
          <h2>{t('home.byData')}</h2>
          <DataMaker useWords={t('task.use')} onReady={(made) => { setTask(made.task); go('/search'); }} />
          {task ? <p className="small"><Link href="/search">{t('home.goOn', { name: task.name })}</Link></p> : null}
        </div>
        <div className="stack">
          <form className="panel stack" role="search" onSubmit={(event) => { event.preventDefault(); go(`/search?q=${encodeURIComponent(words.trim())}`); }}>
            <h2><label htmlFor="home-words">{t('home.byWords')}</label></h2>
            <div className="search-box"><input id="home-words" type="search" value={words} maxLength={1000} placeholder={t('search.placeholder')} onChange={(event) => setWords(event.target.value)} /><button className="button primary" type="submit"><Icon name="search" />{t('search.go')}</button></div>
            <p className="small faint">{t('home.wordsHint')}</p>
          </form>
          <div className="panel stack tight">
            <h2>{t('home.publish')}</h2>
            <p>{t('home.publishWords')}</p>
            <p><Link className="button" href="/submit"><Icon name="upload" />{t('nav.submit')}</Link></p>
          </div>
        </div>
      </div>
    </section>
  );
}

function Figures({ dock }: { dock: DockInfo | undefined }) {
  const largest = [...(dock?.islands ?? [])].sort((a, b) => b.learnwares - a.learnwares)[0];
  const figures: [string, string][] = dock ? [
    [number(dock.learnwares), t('home.learnwares', { n: dock.learnwares })],
    [number(dock.islands.length), t('home.islands', { n: dock.islands.length })],
    [number(largest?.learnwares ?? 0), largest ? t('home.largest', { name: islandName(largest.island, largest.name) }) : t('home.noIsland')],
    [number(dock.revision), t('home.changes')],
  ] : [];
  return (
    <section aria-label={t('home.figures')}>
      <h2 className="visually-hidden">{t('home.figures')}</h2>
      {dock ? <div className="figures">{figures.map(([value, words]) => <div key={words} className="figure"><b>{value}</b><span>{words}</span></div>)}</div> : <Skeleton lines={1} height={4.5} />}
      <p className="small"><Link href="/world">{t('home.world')}</Link></p>
    </section>
  );
}

const STEPS: { icon: IconName; key: string }[] = [
  { icon: 'upload', key: 'submit' }, { icon: 'check', key: 'check' }, { icon: 'globe', key: 'organise' }, { icon: 'search', key: 'find' }, { icon: 'play', key: 'reuse' },
];

function Steps() {
  return (
    <section className="stack">
      <h2>{t('home.how')}</h2>
      <ol className="plain paradigm">
        {STEPS.map((step) => (
          <li key={step.key}><Icon name={step.icon} size={24} /><strong>{t(`home.step.${step.key}` as Key)}</strong><span className="small faint">{t(`home.step.${step.key}Words` as Key)}</span></li>
        ))}
      </ol>
    </section>
  );
}

function Newest() {
  const page = useLoad('newest', (signal) => api.get<LearnwarePage>('/learnwares', { sort: 'newest', limit: 6 }, signal));
  return (
    <section className="stack">
      <div className="row"><h2>{t('home.newest')}</h2><span className="spread" /><Link href="/search?sort=newest">{t('home.all')}</Link></div>
      <ErrorNote error={page.error} retry={page.reload} />
      {!page.data ? (page.error === undefined ? <Skeleton lines={4} /> : null) : page.data.learnwares.length === 0 ? <p className="faint">{t('words.emptyDock')} <Link href="/submit">{t('nav.submit')}</Link></p> : (
        <ul className="plain grid">
          {page.data.learnwares.map((entry) => (
            <li key={entry.id} className="panel stack tight">
              <h3><Link href={`/learnwares/${entry.id}`}>{entry.name || entry.id}</Link></h3>
              <p className="small faint clamp">{plainText(descriptionOf(entry.semantic))}</p>
              <div className="row small"><Tags semantic={entry.semantic} /><Safety format={entry.format} /></div>
              <p className="small faint">{ago(entry.created_at)}</p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
