/** The book, which is part of these pages: no other site is needed to read it. */
import { useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { load, pages } from 'virtual:book';
import { language, t, type Key } from '../i18n';
import { Empty, Folded, Skeleton, useTitle } from '../ui/parts';

/** Where the book opens. */
const START = 'guides/pages';

const groupOf = (name: string) => (name.includes('/') ? (name.split('/')[0] ?? '') : '');

export default function Docs({ name }: { name: string }) {
  const groups = [...new Set(pages.map((entry) => groupOf(entry.name)))].sort((a, b) => order(a) - order(b));
  const page = pages.find((entry) => entry.name === (name || START));
  useTitle(page?.title ?? t('nav.docs'));
  return (
    <div className="side docs">
      <nav aria-label={t('docs.contents')} className="docs-nav">
        <Folded key={name} title={t('docs.contents')}>
          {groups.map((group) => (
            <section key={group}>
              <h2 className="small faint">{t(`docs.group.${group || 'root'}` as Key)}</h2>
              <ul className="plain">
                {pages.filter((entry) => groupOf(entry.name) === group).map((entry) => (
                  <li key={entry.name}><Link href={`/docs/${entry.name}`} aria-current={entry === page ? 'page' : undefined}>{entry.title}</Link></li>
                ))}
              </ul>
            </section>
          ))}
        </Folded>
      </nav>
      {page ? <Page key={page.name} name={page.name} /> : <Empty title={t('docs.none')} actions={<Link className="button" href="/docs">{t('nav.docs')}</Link>} />}
    </div>
  );
}

const order = (group: string) => ['guides', '', 'reference'].indexOf(group) + (['guides', '', 'reference'].includes(group) ? 0 : 9);

function Page({ name }: { name: string }) {
  const [html, setHtml] = useState<string | null>(null);
  const [, go] = useLocation();
  useEffect(() => {
    let current = true;
    void load[name]?.().then((module) => current && setHtml(module.default));
    return () => {
      current = false;
    };
  }, [name]);
  useEffect(() => {
    if (html !== null && location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, [html]);
  if (html === null) return <Skeleton lines={12} />;
  const follow = (event: React.MouseEvent) => {
    const link = (event.target as Element).closest('a');
    const address = link?.getAttribute('href') ?? '';
    if (!address.startsWith('/docs') || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(address);
  };
  // Rendered from the project's own files when the pages were built.
  return (
    <div>
      {language.value() === 'zh' ? <p className="small faint">{t('docs.language')}</p> : null}
      <article className="prose" lang="en" onClick={follow} dangerouslySetInnerHTML={{ __html: html }} />
    </div>
  );
}
