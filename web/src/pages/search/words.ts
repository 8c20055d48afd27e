/** What an answer says, in the same words as the command line. */
import type { Explanation, LeftOut, SearchAnswer } from '../../api/types';
import { decimal, fill, list, number, percent, t } from '../../i18n';
import { nameOf } from '../../lib/specification';

export function verdictOf(answer: SearchAnswer): { tone: 'good' | 'careful' | 'bad'; title: string; words: string } {
  const share = percent(answer.covered);
  switch (answer.verdict) {
    case 'fits':
      return { tone: 'good', title: t('verdict.fits'), words: t('verdict.fitsWords', { share }) };
    case 'fits_partly':
      return { tone: 'careful', title: t('verdict.partly'), words: t('verdict.partlyWords', { share }) };
    case 'nothing_fits':
      return { tone: 'bad', title: t('verdict.nothing'), words: t('verdict.nothingWords', { share }) };
    case 'unknown':
      if (answer.world) return { tone: 'careful', title: t('verdict.world'), words: t('verdict.worldWords') };
      return { tone: 'careful', title: t('verdict.unknown'), words: t('verdict.unknownWords') };
  }
}

export interface Stage {
  name: string;
  count: number;
  leftOut: boolean;
  words: string;
}

/** The stages of a search in their order: who was left out, who remained. */
export function stages(answer: SearchAnswer): Stage[] {
  const { funnel, island } = answer;
  const found: Stage[] = [{ name: 'dock', count: funnel.total, leftOut: false, words: t('stage.dock') }];
  const drop = (name: string, count: number, words: string) => {
    if (count > 0) found.push({ name, count, leftOut: true, words });
  };
  const remain = (name: string, count: number, words: string) => found.push({ name, count, leftOut: false, words });
  drop('excluded', funnel.excluded, t('stage.excluded'));
  drop('words', Math.max(0, funnel.total - funnel.excluded - funnel.semantic), t('stage.words'));
  for (const other of funnel.other_islands) {
    const dimension = other.island.kind === 'table' ? other.island.dimension : undefined;
    drop(JSON.stringify(other.island), other.learnwares, dimension !== undefined ? t('stage.width', { n: dimension }) : t('stage.other', { island: other.island.name ?? other.island.kind }));
  }
  drop('languages', funnel.other_languages, t('stage.languages'));
  if (!island) return found;
  remain('compared', funnel.comparable, island.kind === 'table' ? t('stage.comparedTable', { n: island.dimension ?? 0 }) : t('stage.compared'));
  if (funnel.comparable === 0) return found;
  const rest = Math.max(0, funnel.comparable - funnel.evaluated);
  remain('exact', funnel.evaluated, rest === 0 ? t('stage.exact') : t('stage.bounds', { n: rest }));
  remain('proved', funnel.certified ? answer.single.length : 0, funnel.certified ? t('stage.proved') : t('stage.unproved'));
  return found;
}

/** What is proved, a sentence a piece. */
export function certificate(answer: SearchAnswer, explanation: Explanation): string[] {
  const { funnel, multiple } = answer;
  if (funnel.comparable === 0) return [t('proof.nothing')];
  const bound = explanation.others_from;
  const first = !funnel.certified ? t('proof.none') : bound === null ? t('proof.all') : t('proof.bound', { n: funnel.comparable - answer.single.length, bound: decimal(bound) });
  if (!multiple) return [first];
  const { distance, gap } = multiple;
  if (gap === null) return [first, t('proof.teamUnknown')];
  if (gap >= distance) return [first, t('proof.teamUnbounded', { distance: decimal(distance) })];
  return [first, t('proof.team', { distance: decimal(distance), bound: decimal(Math.max(0, distance - gap)), gap: decimal(gap) })];
}

/** What distances mean in this dock, a sentence a piece. */
export function meaning(answer: SearchAnswer, explanation: Explanation): string[] {
  const { kernel, background, fits_from: fits, nothing_below: nothing } = explanation;
  const widths = list(kernel.widths.map((width) => width.toFixed(2)));
  const constant = kernel.constant_columns > 0 ? t('meaning.constant', { n: kernel.constant_columns }) : '';
  const compared = kernel.widths.length === 0 ? t('meaning.direction', { n: kernel.columns }) : kernel.scaled_by === 0 ? t('meaning.reference', { widths }) : t('meaning.kernel', { columns: kernel.columns, constant, n: kernel.scaled_by, widths });
  const sentences = [compared];
  if (background) sentences.push(t('meaning.background', { pairs: background.pairs, median: decimal(background.median) }));
  if (answer.covered !== null) {
    const side = answer.covered >= fits ? t('meaning.above') : answer.covered >= nothing ? t('meaning.between') : t('meaning.below');
    sentences.push(t('meaning.covered', { fits: percent(fits), nothing: percent(nothing), share: percent(answer.covered), side }));
  }
  return sentences;
}

/** Why a learnware near the data is not used. */
export function reason(entry: LeftOut, answer: SearchAnswer): string {
  const part = entry.distance_without > 0 ? entry.gain / entry.distance_without : 0;
  const values = { nearer: percent(part, 2), like: nameOf(answer.learnwares[entry.most_like], entry.most_like), similarity: number(entry.similarity, 3) };
  switch (entry.reason) {
    case 'adds_nothing':
      return t('reason.addsNothing', values);
    case 'adds_little':
      return t('reason.addsLittle', values);
    case 'full':
      return t('reason.full', values);
    case 'no_mixture':
      return t('reason.noMixture', values);
    case 'passed_over':
      return t('reason.passedOver', values);
    default:
      return fill('{similarity}', values);
  }
}
