/** How the user's data and a learnware's specification lie to each other: the overlap, and the inputs that differ most. */
import { useMemo } from 'react';
import type { Semantic, Statistical } from '../api/types';
import { number, t } from '../i18n';
import { plane } from '../lib/plane';
import { shifts } from '../lib/shift';
import { inputNames, kindOf, points } from '../lib/specification';
import { Histogram, Overlap, type DrawnSet } from './charts';

export interface Drawn {
  name: string;
  specification: Statistical;
  place: number | null;
}

/** The overlap plot of several specifications, with a legend. */
export function OverlapFigure({ drawn, caption }: { drawn: Drawn[]; caption: string }) {
  const sets = useMemo((): DrawnSet[] => {
    const dots = plane(drawn.map((entry) => points(entry.specification)));
    return drawn.map((entry, place) => ({ name: entry.name, place: entry.place, dots: dots[place] ?? [] }));
  }, [drawn]);
  return (
    <figure>
      <Overlap sets={sets} label={t('picture.overlap', { names: drawn.map((entry) => entry.name).join(', ') })} />
      <ul className="legend plain">
        {drawn.map((entry) => (
          <li key={`${entry.place}`}><span className={entry.place === null ? 'key ring' : `key k${entry.place % 10}`} />{entry.name}</li>
        ))}
      </ul>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

const SHOWN = 6;

/** Histograms of the inputs in which two specifications differ most. Tables only: other inputs have no meaning by themselves. */
export function Shifts({ mine, theirs, semantic, columns }: { mine: Statistical; theirs: Statistical; semantic: Semantic | undefined; columns: string[] }) {
  const found = useMemo(() => shifts(points(mine), points(theirs)), [mine, theirs]);
  if (kindOf(theirs) !== 'table') return null;
  const names = inputNames(semantic);
  const shown = found.filter((shift) => shift.spreads > 0).slice(0, SHOWN);
  return (
    <section>
      <h3>{t('fit.shifts')}</h3>
      <ul className="plain histograms">
        {shown.map((shift) => {
          const name = names[String(shift.column)] ?? columns[shift.column] ?? t('fit.input', { place: shift.column + 1 });
          const far = shift.spreads === Infinity ? t('fit.constant') : t('fit.spreads', { spreads: number(shift.spreads, 2) });
          return (
            <li key={shift.column}>
              <div className="histogram-name" title={name}>{name}</div>
              <Histogram bars={shift.theirs} line={shift.mine} low={shift.low} high={shift.high} label={`${name}: ${far}`} />
              <div className="small faint">{far}</div>
            </li>
          );
        })}
      </ul>
      <p className="small faint">{t('fit.shiftsCaption')}</p>
    </section>
  );
}
