/**
 * A demonstration with what is in this dock: a task is mixed of two learnwares' specifications, and the dock, which is
 * told the points only, has to find out which two.
 */
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client';
import type { LearnwarePage, LearnwareSummary, SearchAnswer, Statistical } from '../../api/types';
import { decimal, number, percent, t } from '../../i18n';
import { useAction } from '../../lib/load';
import { comparable, nameOf } from '../../lib/specification';
import { Share, TeamBar } from '../../pictures/charts';
import { OverlapFigure, type Drawn } from '../../pictures/fit';
import { Icon } from '../../ui/icons';
import { ErrorNote } from '../../ui/parts';

interface Round {
  parts: { id: string; name: string; share: number; specification: Statistical }[];
  mixed: Statistical;
  answer: SearchAnswer;
  milliseconds: number;
}

const CANDIDATES = 50;

export function Demonstration() {
  const [round, setRound] = useState<Round | null>(null);
  const run = useAction(async () => setRound(await play()));
  return (
    <section className="panel stack" aria-live="polite">
      <h2>{t('demo.title')}</h2>
      <p>{t('demo.words')}</p>
      <div><button type="button" className="button primary" disabled={run.busy} onClick={() => void run.run()}><Icon name="play" />{round ? t('demo.again') : t('demo.go')}</button></div>
      <ErrorNote error={run.error} title={t('demo.cant')} />
      {round ? <Outcome round={round} /> : null}
    </section>
  );
}

async function play(): Promise<Round> {
  const page = await api.get<LearnwarePage>('/learnwares', { specifications: true, limit: CANDIDATES });
  const usable = page.learnwares.filter((entry) => (entry.statistical?.length ?? 0) > 0);
  const first = pick(usable);
  const one = first?.statistical?.[0];
  if (!first || !one) throw new Error(t('demo.tooFew'));
  const second = pick(usable.filter((entry) => entry.id !== first.id && entry.statistical?.[0] && comparable(one, entry.statistical[0])));
  const other = second?.statistical?.[0];
  if (!second || !other) throw new Error(t('demo.tooFew'));
  const share = 0.3 + Math.round(Math.random() * 8) / 20;
  const mixed = mix(one, other, share);
  const begun = performance.now();
  const answer = await api.post<SearchAnswer>('/search', { statistical: [mixed], max_learnwares: 5, limit: 5 });
  return {
    parts: [part(first, one, share), part(second, other, 1 - share)],
    mixed,
    answer,
    milliseconds: performance.now() - begun,
  };
}

const pick = <T,>(all: T[]): T | undefined => all[Math.floor(Math.random() * all.length)];
const part = (entry: LearnwareSummary, specification: Statistical, share: number) => ({ id: entry.id, name: entry.name || entry.id, share, specification });

function mix(one: Statistical, other: Statistical, share: number): Statistical {
  return { ...one, z: [...one.z, ...other.z], beta: [...one.beta.map((weight) => weight * share), ...other.beta.map((weight) => weight * (1 - share))] };
}

function Outcome({ round }: { round: Round }) {
  const { answer, parts } = round;
  const members = [...(answer.multiple?.members ?? [])].sort((a, b) => b.weight - a.weight);
  const found = parts.filter((entry) => members.some((member) => member.id === entry.id) || answer.single[0]?.id === entry.id).length;
  const place = (id: string) => Math.max(0, parts.findIndex((entry) => entry.id === id));
  const drawn = useMemo((): Drawn[] => [
    { name: t('demo.task'), specification: round.mixed, place: null },
    ...round.parts.map((entry, at): Drawn => ({ name: entry.name, specification: entry.specification, place: at })),
  ], [round]);
  return (
    <div className="stack">
      <ol>
        <li>{t('demo.mixed', { first: parts[0]?.name ?? '', share: percent(parts[0]?.share), second: parts[1]?.name ?? '', rest: percent(parts[1]?.share), n: round.mixed.z.length })}</li>
        <li>{t('demo.asked', { n: answer.funnel.comparable, milliseconds: number(round.milliseconds) })}</li>
        <li>{found === 2 ? t('demo.both') : t('demo.partly', { n: found })}</li>
      </ol>
      {members.length > 0 ? (
        <>
          <TeamBar members={members.map((member, at) => ({ name: nameOf(answer.learnwares[member.id], member.id), weight: member.weight, place: parts.some((entry) => entry.id === member.id) ? place(member.id) : at + 2 }))} />
          <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
            <table>
              <thead><tr><th scope="col">{t('team.member')}</th><th scope="col" className="number">{t('demo.truth')}</th><th scope="col" className="number">{t('team.weight')}</th></tr></thead>
              <tbody>{members.map((member) => <tr key={member.id}><th scope="row"><Link href={`/learnwares/${member.id}`}>{nameOf(answer.learnwares[member.id], member.id)}</Link></th><td className="number">{percent(parts.find((entry) => entry.id === member.id)?.share ?? 0)}</td><td className="number">{percent(member.weight, 1)}</td></tr>)}</tbody>
            </table>
          </div>
          <p className="small faint">{t('demo.distance', { team: decimal(answer.multiple?.distance), single: decimal(answer.single[0]?.distance) })}</p>
        </>
      ) : null}
      {answer.covered !== null ? <Share covered={answer.covered} /> : null}
      <OverlapFigure drawn={drawn} caption={t('demo.caption')} />
    </div>
  );
}
