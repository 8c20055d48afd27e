/** What is shown of a learnware in several places. */
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { Semantic } from '../api/types';
import { t, vocabulary, type Key } from '../i18n';
import { markdown } from '../lib/markdown';
import { tags } from '../lib/specification';
import { Icon } from './icons';

export function Tags({ semantic, linked }: { semantic: Semantic | undefined; linked?: boolean }) {
  return (
    <span className="tags">
      {tags(semantic).map(({ kind, word }) =>
        linked ? <Link key={kind + word} className="tag" href={`/search?${kind}=${encodeURIComponent(word)}`}>{vocabulary(kind, word)}</Link> : <span key={kind + word} className="tag">{vocabulary(kind, word)}</span>,
      )}
    </span>
  );
}

/** Whether running the model runs its author's code. */
export function Safety({ format }: { format: string }) {
  const hasCode = format === 'python';
  const label = hasCode ? t('safety.code') : t('safety.data');
  return <span className={`tag ${hasCode ? 'careful' : 'good'}`} title={t(hasCode ? 'safety.codeWords' : 'safety.dataWords')}><Icon name={hasCode ? 'code' : 'shield'} size={14} />{label}</span>;
}

const tones: Record<string, string> = { usable: 'good', waiting: '', checking: 'accent', non_usable: 'bad', invalid: 'bad' };

export function Status({ status }: { status: string }) {
  return <span className={`tag ${tones[status] ?? ''}`}>{t(`status.${status}` as Key)}</span>;
}

/** A description, which its author wrote in Markdown. */
export function Description({ text }: { text: string }) {
  const [html, setHtml] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    void markdown(text).then((made) => current && setHtml(made));
    return () => {
      current = false;
    };
  }, [text]);
  if (html === null) return <p className="prose">{text.slice(0, 400)}</p>;
  // The renderer writes no HTML of the text, no images, and only http(s) and mailto links.
  return <div className="prose" dangerouslySetInnerHTML={{ __html: html }} />;
}
