/** Tags with the number of learnwares that have them. */
import { number, t, vocabulary, type Key } from '../../i18n';
import { Icon } from '../../ui/icons';
import { Folded } from '../../ui/parts';
import { FACETS, type FacetName } from './state';

type Chosen = Partial<Record<FacetName, string[]>>;

interface Props {
  counts: Record<string, Record<string, number>> | undefined;
  chosen: Chosen;
  onChange: (next: Chosen) => void;
}

export function FoldedFacets(props: Props) {
  return <Folded title={t('facets.active')}><Facets {...props} /></Folded>;
}

function Facets({ counts, chosen, onChange }: Props) {
  const toggle = (facet: FacetName, value: string) => {
    const now = chosen[facet] ?? [];
    const next = now.includes(value) ? now.filter((other) => other !== value) : [...now, value];
    onChange({ ...chosen, [facet]: next.length > 0 ? next : undefined });
  };
  const active = FACETS.flatMap((facet) => (chosen[facet] ?? []).map((value) => ({ facet, value })));
  return (
    <div className="stack facets">
      {active.length > 0 ? (
        <div className="tags" aria-label={t('facets.active')} role="group">
          {active.map(({ facet, value }) => (
            <button key={facet + value} type="button" className="chip" onClick={() => toggle(facet, value)} aria-label={t('facets.remove', { value: vocabulary(facet, value) })}>
              {vocabulary(facet, value)}<Icon name="close" size={14} />
            </button>
          ))}
          <button type="button" className="link small" onClick={() => onChange({})}>{t('facets.clear')}</button>
        </div>
      ) : null}
      {FACETS.map((facet) => {
        const found = counts?.[facet] ?? {};
        const values = [...new Set([...Object.keys(found), ...(chosen[facet] ?? [])])].sort((a, b) => (found[b] ?? 0) - (found[a] ?? 0));
        if (values.length === 0) return null;
        return (
          <details key={facet} open={facet === 'task' || facet === 'data' || Boolean(chosen[facet])}>
            <summary><strong>{t(`facets.${facet}` as Key)}</strong></summary>
            <fieldset>
              <legend className="visually-hidden">{t(`facets.${facet}` as Key)}</legend>
              {values.map((value) => (
                <label key={value} className="check-line">
                  <input type="checkbox" checked={chosen[facet]?.includes(value) ?? false} onChange={() => toggle(facet, value)} />
                  <span className="spread">{vocabulary(facet, value)}</span>
                  <span className="faint small">{number(found[value] ?? 0)}</span>
                </label>
              ))}
            </fieldset>
          </details>
        );
      })}
    </div>
  );
}
