/** Which page is at which address. Each page is loaded when it is first opened. */
import { Component, Suspense, lazy, useState, type ReactNode } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { t, useLanguage } from './i18n';
import { Shell } from './ui/shell';
import { Empty, ErrorNote, Note, PageHead, Skeleton } from './ui/parts';

/** A part of the pages that could not be fetched: the network is away, or the server has other pages by now. */
class Absent extends Error {}

const absent = (error: unknown): never => {
  throw new Absent('', { cause: error });
};

const Home = lazy(() => import('./pages/home').catch(absent));
const Search = lazy(() => import('./pages/search').catch(absent));
const Compare = lazy(() => import('./pages/compare').catch(absent));
const LearnwarePage = lazy(() => import('./pages/learnware').catch(absent));
const World = lazy(() => import('./pages/world').catch(absent));
const Submit = lazy(() => import('./pages/submit').catch(absent));
const Mine = lazy(() => import('./pages/mine').catch(absent));
const Login = lazy(() => import('./pages/login').catch(absent));
const Register = lazy(() => import('./pages/register').catch(absent));
const Codes = lazy(() => import('./pages/codes').catch(absent));
const AccountPage = lazy(() => import('./pages/account').catch(absent));
const Admin = lazy(() => import('./pages/admin').catch(absent));
const Docs = lazy(() => import('./pages/docs').catch(absent));

export function App() {
  useLanguage();
  const [path] = useLocation();
  return (
    <Shell>
      <Guard path={path}>
        <Suspense fallback={<Skeleton lines={6} />}>
          <Switch>
            <Route path="/"><Home /></Route>
            <Route path="/search"><Search /></Route>
            <Route path="/compare"><Compare /></Route>
            <Route path="/learnwares/:id">{({ id }) => <LearnwarePage key={id} id={id} />}</Route>
            <Route path="/world"><World /></Route>
            <Route path="/submit"><Submit /></Route>
            <Route path="/mine"><Mine /></Route>
            <Route path="/login"><Login /></Route>
            <Route path="/register"><Register /></Route>
            <Route path="/confirm"><Codes purpose="confirm" /></Route>
            <Route path="/reset"><Codes purpose="reset" /></Route>
            <Route path="/forgotten"><Codes purpose="forgotten" /></Route>
            <Route path="/account/:part?">{({ part }) => <AccountPage part={part ?? 'profile'} />}</Route>
            {/* Below `/admin/` the server answers programs of the reference. */}
            <Route path="/administration/:part?">{({ part }) => <Admin part={part ?? 'overview'} />}</Route>
            <Route path="/admin"><Redirect to="/administration" replace /></Route>
            <Route path="/docs/*?">{(parameters) => <Docs name={parameters['*'] ?? ''} />}</Route>
            <Route path="/learnwares"><Redirect to="/search" replace /></Route>
            <Route><Missing /></Route>
          </Switch>
        </Suspense>
      </Guard>
    </Shell>
  );
}

function Missing() {
  return (
    <>
      <PageHead title={t('missing.title')} />
      <Empty title={t('missing.what')} actions={<a className="button primary" href="/search">{t('nav.search')}</a>}><p>{t('missing.advice')}</p></Empty>
    </>
  );
}

/** A page that breaks, or whose part can't be loaded, says so and leaves the rest usable. */
class Guard extends Component<{ path: string; children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override componentDidUpdate(before: { path: string }) {
    if (before.path !== this.props.path && this.state.error !== null) this.setState({ error: null });
  }
  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return error instanceof Absent ? <Away /> : <ErrorNote error={error} title={t('error.page')} retry={() => location.reload()} />;
  }
}

/** The network is away: loading the page anew would leave nothing, so it is done once the server answers again. */
function Away() {
  const [tries, setTries] = useState(0);
  const [busy, setBusy] = useState(false);
  const again = async () => {
    setBusy(true);
    const answers = await fetch('/livez', { cache: 'no-store' }).then((answer) => answer.ok, () => false);
    if (answers) return location.reload();
    setBusy(false);
    setTries((count) => count + 1);
  };
  return (
    <Note tone="bad" title={t('error.away')}>
      <p>{t('error.awayWords')}</p>
      <div className="row"><button type="button" className="button" disabled={busy} onClick={() => void again()}>{t('action.retry')}</button>{tries > 0 ? <span role="status">{t('error.stillAway', { n: tries })}</span> : null}</div>
    </Note>
  );
}
