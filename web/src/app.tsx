/** Which page is at which address. Each page is loaded when it is first opened. */
import { Component, Suspense, lazy, type ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { t, useLanguage } from './i18n';
import { Shell } from './ui/shell';
import { Empty, ErrorNote, PageHead, Skeleton } from './ui/parts';

const Home = lazy(() => import('./pages/home'));
const Search = lazy(() => import('./pages/search'));
const Compare = lazy(() => import('./pages/compare'));
const LearnwarePage = lazy(() => import('./pages/learnware'));
const World = lazy(() => import('./pages/world'));
const Submit = lazy(() => import('./pages/submit'));
const Mine = lazy(() => import('./pages/mine'));
const Login = lazy(() => import('./pages/login'));
const Register = lazy(() => import('./pages/register'));
const Codes = lazy(() => import('./pages/codes'));
const AccountPage = lazy(() => import('./pages/account'));
const Admin = lazy(() => import('./pages/admin'));
const Docs = lazy(() => import('./pages/docs'));

export function App() {
  useLanguage();
  return (
    <Shell>
      <Guard>
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
class Guard extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    return <ErrorNote error={this.state.error} title={t('error.page')} retry={() => location.reload()} />;
  }
}
