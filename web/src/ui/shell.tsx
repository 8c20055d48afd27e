/** Header, navigation and footer around every page. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { choose, language, t, useLanguage, type Key } from '../i18n';
import { signOut, useSession } from '../state/session';
import { chooseTheme, theme, type Theme } from '../state/theme';
import { useStore } from '../lib/store';
import { Icon, Logo, type IconName } from './icons';

const places: { path: string; key: Key }[] = [
  { path: '/search', key: 'nav.search' },
  { path: '/world', key: 'nav.world' },
  { path: '/submit', key: 'nav.submit' },
  { path: '/docs', key: 'nav.docs' },
];

export function Shell({ children }: { children: ReactNode }) {
  useLanguage();
  const [path] = useLocation();
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    setOpen(false);
    if (first.current) {
      first.current = false;
      return;
    }
    // A new page begins at its top, for eyes and for screen readers.
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a className="skip" href="#main">{t('skip')}</a>
      <header className="header">
        <div className="header-row">
          <Link className="brand" href="/"><Logo /><span>{t('app.name')}</span></Link>
          <nav className={`nav ${open ? 'open' : ''}`} id="nav" aria-label={t('nav.label')}>
            {places.map((place) => (
              <Link key={place.path} href={place.path} aria-current={isIn(path, place.path) ? 'page' : undefined}>{t(place.key)}</Link>
            ))}
          </nav>
          <div className="header-tools">
            <ThemeButton />
            <LanguageButton />
            <AccountMenu />
            <button type="button" className="button quiet icon nav-toggle" aria-expanded={open} aria-controls="nav" onClick={() => setOpen(!open)} aria-label={t('nav.menu')}>
              <Icon name={open ? 'close' : 'menu'} />
            </button>
          </div>
        </div>
      </header>
      <main className="main" id="main" tabIndex={-1} ref={main}>{children}</main>
      <Footer />
    </>
  );
}

const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);

const themes: { id: Theme; icon: IconName; key: Key }[] = [
  { id: 'system', icon: 'screen', key: 'theme.system' },
  { id: 'light', icon: 'sun', key: 'theme.light' },
  { id: 'dark', icon: 'moon', key: 'theme.dark' },
];

function ThemeButton() {
  const chosen = useStore(theme);
  const place = themes.findIndex((entry) => entry.id === chosen);
  const now = themes[place] ?? themes[0]!;
  const next = themes[(place + 1) % themes.length]!;
  const label = t('theme.label', { now: t(now.key), next: t(next.key) });
  return (
    <button type="button" className="button quiet icon" aria-label={label} title={label} onClick={() => chooseTheme(next.id)}>
      <Icon name={now.icon} />
    </button>
  );
}

function LanguageButton() {
  const other = language.value() === 'zh' ? 'en' : 'zh';
  const name = other === 'zh' ? '中文' : 'English';
  return (
    <button type="button" className="button quiet language" lang={other === 'zh' ? 'zh-Hans' : 'en'} onClick={() => void choose(other)}>
      <Icon name="language" /><span>{name}</span>
    </button>
  );
}

function AccountMenu() {
  const me = useSession();
  const [open, setOpen] = useState(false);
  const [path, go] = useLocation();
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      menu.current?.querySelector('button')?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
      document.removeEventListener('keydown', escape);
    };
  }, [open]);
  if (me === undefined) return <span className="button quiet icon" aria-hidden="true"><Icon name="user" /></span>;
  if (me === null) {
    const here = path === '/' || path === '/login' ? '' : `?next=${encodeURIComponent(path + location.search)}`;
    return <Link className="button" href={`/login${here}`}>{t('nav.signIn')}</Link>;
  }
  return (
    <div className="menu" ref={menu}>
      <button type="button" className="button quiet" aria-expanded={open} aria-controls="account-menu" onClick={() => setOpen(!open)}>
        <Icon name="user" /><span className="wide-only">{me.name}</span><span className="visually-hidden">{t('nav.account')}</span>
      </button>
      {open ? (
        <div className="menu-panel" id="account-menu">
          <div className="who">{me.name}</div>
          <Link href="/mine"><Icon name="file" />{t('nav.mine')}</Link>
          <Link href="/account"><Icon name="user" />{t('nav.account')}</Link>
          <Link href="/account/tokens"><Icon name="lock" />{t('nav.tokens')}</Link>
          <Link href="/account/organisations"><Icon name="globe" />{t('nav.organisations')}</Link>
          {me.role === 'admin' ? <Link href="/administration"><Icon name="shield" />{t('nav.admin')}</Link> : null}
          <button type="button" onClick={() => void signOut().then(() => go('/'))}><Icon name="right" />{t('nav.signOut')}</button>
        </div>
      ) : null}
    </div>
  );
}

function Footer() {
  return (
    <footer className="footer">
      <div className="footer-row">
        <Link href="/docs">{t('nav.docs')}</Link>
        <a href="/api/v1/docs">{t('footer.api')}</a>
        <span className="spread" />
        <span>{t('footer.promise')}</span>
      </div>
    </footer>
  );
}
