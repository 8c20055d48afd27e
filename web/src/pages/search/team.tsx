/** Several learnwares that together are nearer to the data than any alone. */
import { Link } from 'wouter';
import type { SearchAnswer } from '../../api/types';
import { decimal, percent, percentile, t } from '../../i18n';
import { nameOf } from '../../lib/specification';
import { TeamBar } from '../../pictures/charts';
import type { Task } from '../../state/task';
import { Code } from '../../ui/parts';

export function Team({ answer, task, place }: { answer: SearchAnswer; task: Task; place: (id: string) => number }) {
  const team = answer.multiple;
  if (!team) return null;
  const members = [...team.members].sort((a, b) => b.weight - a.weight).map((member) => ({ ...member, name: nameOf(answer.learnwares[member.id], member.id), place: Math.max(0, place(member.id)) }));
  const file = task.name.replace(/[^\p{L}\p{N}._-]/gu, '_') || 'data.csv';
  const ids = members.map((member) => member.id).join(',');
  const weights = members.map((member) => member.weight.toFixed(4)).join(',');
  const command = `learnware reuse --dock ${location.origin} --learnwares ${ids} \\\n  --weights ${weights} --method weighted ${file} -o predictions.csv`;
  return (
    <section className="panel team">
      <h2>{t('team.title')}</h2>
      <p>{t('team.words', { distance: decimal(team.distance), covered: percent(team.covered), n: members.length })}{team.percentile !== null ? ` ${t('team.percentile', { share: percentile(team.percentile) })}` : ''}</p>
      <TeamBar members={members} />
      <div className="scroll" tabIndex={0} role="group" aria-label={t('table')}>
        <table>
          <thead><tr><th scope="col">{t('team.member')}</th><th scope="col" className="number">{t('team.weight')}</th><th scope="col" className="number">{t('team.alone')}</th></tr></thead>
          <tbody>
            {members.map((member) => (
              <tr key={member.id}>
                <th scope="row"><span className={`key k${member.place % 10}`} /><Link href={`/learnwares/${member.id}`}>{member.name}</Link></th>
                <td className="number">{percent(member.weight, 1)}</td>
                <td className="number">{decimal(answer.single.find((single) => single.id === member.id)?.distance ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <details>
        <summary>{t('team.use')}</summary>
        <div className="stack tight">
          <Code text={command} label={t('team.command')} />
          <p className="small faint">{t('team.useWords')}</p>
        </div>
      </details>
    </section>
  );
}
