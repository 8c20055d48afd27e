/** What a check found, by stage, with what to do about it. */
import type { CheckReport, Finding } from '../api/types';
import { meaning, t, type Key } from '../i18n';
import { Icon } from './icons';

export const STAGES = ['format', 'semantic', 'statistical', 'model'] as const;

const icons = { error: 'error', warning: 'warning', note: 'info' } as const;
const tones = { error: 'bad', warning: 'careful', note: '' } as const;

/** `isOver`: what the check decided holds no longer, or is said already. */
export function Report({ report, status, isOver = false }: { report: CheckReport; status: string; isOver?: boolean }) {
  const findings = report.findings ?? [];
  return (
    <div className="stack">
      {isOver ? null : <p>{t(`report.${status}` as Key)}</p>}
      {STAGES.map((stage) => {
        const found = findings.filter((finding) => finding.stage === stage);
        const worst = found.some((finding) => finding.severity === 'error') ? 'error' : found.length > 0 ? 'warning' : null;
        const isReached = stage !== 'model' || status === 'usable' || found.length > 0;
        return (
          <section key={stage} className="stage">
            <h3>
              <span className={worst === 'error' ? 'bad' : worst ? 'careful' : isReached ? 'good' : 'faint'}><Icon name={worst ? icons[worst] : isReached ? 'check' : 'minus'} /></span>
              {t(`stage.check.${stage}` as Key)}
              <span className="small faint">{found.length > 0 ? t('report.findings', { n: found.length }) : isReached ? t('report.clean') : t('report.notReached')}</span>
            </h3>
            {found.length > 0 ? <ul className="plain stack tight">{found.map((finding) => <OneFinding key={finding.code + finding.message} finding={finding} />)}</ul> : null}
          </section>
        );
      })}
    </div>
  );
}

function OneFinding({ finding }: { finding: Finding }) {
  const meant = meaning(finding.code);
  const end = finding.message.indexOf('\n');
  const [first, printed] = end < 0 ? [finding.message, null] : [finding.message.slice(0, end), finding.message.slice(end + 1)];
  const said = meant ? { lang: 'en', className: 'long small faint' } : { className: 'long' };
  return (
    <li className="finding">
      <span className={`tag ${tones[finding.severity]}`}>{t(`severity.${finding.severity}` as Key)}</span>
      <div>
        {meant ? <p>{meant}</p> : null}
        <p {...said}>{first} <code className="faint">{finding.code}</code></p>
        {printed ? <pre className="scroll small" tabIndex={0}>{printed}</pre> : null}
        {finding.advice && !meant ? <p className="small faint">{t('report.advice')} {finding.advice}</p> : null}
      </div>
    </li>
  );
}
