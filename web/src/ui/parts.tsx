/** Small parts that every page uses. */
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { ApiError } from '../api/client';
import { language, t, type Key } from '../i18n';
import { saidWords, type Said } from '../lib/said';
import { Icon, type IconName } from './icons';

/** Sets the title of the window while the page is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · ${t('app.name')}` : t('app.name');
  }, [title]);
}

export function PageHead({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  useTitle(title);
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {children ? <p>{children}</p> : null}
      </div>
      {actions ? <div className="row">{actions}</div> : null}
    </div>
  );
}

type Tone = 'good' | 'careful' | 'bad' | 'info';
const toneIcons: Record<Tone, IconName> = { good: 'check', careful: 'warning', bad: 'error', info: 'info' };

export function Note({ tone = 'info', title, children, level = 2 }: { tone?: Tone; title?: string; children?: ReactNode; level?: 2 | 3 }) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <div className={`note ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      {title ? <Heading><Icon name={toneIcons[tone]} />{title}</Heading> : null}
      {children}
    </div>
  );
}

/** What an error says, and what to do next. Stays until the cause is gone. */
export function ErrorNote({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  if (error === null || error === undefined) return null;
  const { words, advice, requestId } = explain(error);
  return (
    <Note tone="bad" title={title ?? t('error.title')} level={3}>
      <p>{words}</p>
      {advice ? <p>{advice}</p> : null}
      <div className="row small">
        {retry ? <button className="button small" type="button" onClick={retry}><Icon name="refresh" size={16} />{t('action.retry')}</button> : null}
        {requestId ? <><span className="faint">{t('error.request')} <code>{requestId}</code></span><Copy text={requestId} label={t('error.copyRequest')} /></> : null}
      </div>
    </Note>
  );
}

/** Words that say all of it. */
const PLAIN = ['unknown-learnware', 'wrong-login', 'forbidden'];

/** The server speaks English and says most; in other languages its word for programs is translated, and its sentence follows where the word alone says too little. */
function translated(error: ApiError): string {
  const key = `code.${error.code}` as Key;
  const own = t(key);
  if (language.value() === 'en' || own === key) return error.message;
  return error.message && !PLAIN.includes(error.code) ? `${own}（${error.message}）` : own;
}

const advices: Partial<Record<string, Key>> = {
  unreachable: 'error.unreachable.advice',
  'wrong-login': 'error.wrongLogin.advice',
  'unknown-learnware': 'error.unknownLearnware.advice',
  forbidden: 'error.forbidden.advice',
};

function explain(error: unknown): { words: string; advice: string | null; requestId: string | null } {
  if (!(error instanceof ApiError)) {
    const said = error as (Error & Partial<Said> & { hint?: string }) | null;
    if (said?.code && said.values) return { words: saidWords({ code: said.code, values: said.values, message: said.message }, said.hint), advice: null, requestId: null };
    return { words: error instanceof Error ? error.message : String(error), advice: null, requestId: null };
  }
  const words = error.code === 'unreachable' ? t('error.unreachable') : translated(error) || t('error.status', { status: String(error.status) });
  const key = advices[error.code];
  let advice = key ? t(key) : null;
  if (!advice && error.status === 401) advice = t('error.signIn.advice');
  if (!advice && error.status === 429) advice = t('error.busy.advice', { seconds: error.retryAfterSeconds ?? 10 });
  if (!advice && error.status >= 500) advice = t('error.server.advice');
  return { words: words.charAt(0).toUpperCase() + words.slice(1), advice, requestId: error.requestId };
}

/** Beside the page on wide screens; on narrow ones the page comes first, and this is folded. */
export function Folded({ title, children }: { title: string; children: ReactNode }) {
  const [isWide] = useState(() => matchMedia('(min-width: 58rem)').matches);
  if (isWide) return <>{children}</>;
  return <details className="panel"><summary><strong>{title}</strong></summary>{children}</details>;
}

export function Empty({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
      {actions ? <div className="row">{actions}</div> : null}
    </div>
  );
}

export function Skeleton({ lines = 3, height = 1.2 }: { lines?: number; height?: number }) {
  return (
    <div className="stack" role="status">
      <span className="visually-hidden">{t('loading')}</span>
      {Array.from({ length: lines }, (_, place) => (
        <div key={place} className="skeleton" style={{ height: `${height}rem`, width: `${100 - ((place * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text).then(() => setDone(true), () => setDone(false));
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <button type="button" className="button small" onClick={copy} aria-label={label} title={label}>
      <Icon name={done ? 'check' : 'copy'} size={16} />
      <span role="status" className={done ? '' : 'visually-hidden'}>{done ? t('copied') : ''}</span>
    </button>
  );
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="code-block">
      <pre tabIndex={0} aria-label={label}><code>{text}</code></pre>
      <Copy text={text} label={t('copy')} />
    </div>
  );
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  wrong?: string | null;
  /** Gets the id of the input and of its descriptions. */
  children: (ids: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }) => ReactNode;
}

export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  const about = [hint ? `${id}-hint` : '', wrong ? `${id}-wrong` : ''].filter(Boolean).join(' ') || undefined;
  return (
    <div className="field">
      <label className="label" htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': about, 'aria-invalid': wrong ? true : undefined })}
      {hint ? <span className="hint" id={`${id}-hint`}>{hint}</span> : null}
      {wrong ? <span className="wrong" id={`${id}-wrong`}>{wrong}</span> : null}
    </div>
  );
}

export function Tabs<T extends string>({ label, tabs, value, onChange }: { label: string; tabs: { id: T; label: string }[]; value: T; onChange: (next: T) => void }) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const place = (tabs.findIndex((tab) => tab.id === value) + step + tabs.length) % tabs.length;
    const next = tabs[place];
    if (!next) return;
    onChange(next.id);
    list.current?.querySelectorAll('button')[place]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map((tab) => (
        <button key={tab.id} type="button" role="tab" aria-selected={tab.id === value} tabIndex={tab.id === value ? 0 : -1} onClick={() => onChange(tab.id)}>
          {tab.label}
        </button>
      ))}
    </div>
  );
}

/** Asks before something that can't be undone. */
export function Confirm({ title, children, action, danger, onConfirm, onClose, busy, error }: {
  title: string; children?: ReactNode; action: string; danger?: boolean; onConfirm: () => void; onClose: () => void; busy?: boolean; error?: unknown;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={heading} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); onConfirm(); }}>
        <h2 id={heading}>{title}</h2>
        {children}
        <ErrorNote error={error} />
        <div className="row end">
          <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
          <button type="submit" className={`button ${danger ? 'danger' : 'primary'}`} disabled={busy}>{action}</button>
        </div>
      </form>
    </dialog>
  );
}
