/** "Use this": the same learnware from the command line, Python, REST, Rust and Docker, with this server and this id filled in. */
import { useState } from 'react';
import { Link } from 'wouter';
import type { Learnware, Version } from '../../api/types';
import { t, type Key } from '../../i18n';
import { kindOf } from '../../lib/specification';
import { Code, Tabs } from '../../ui/parts';

const WAYS = ['cli', 'python', 'rest', 'rust', 'docker'] as const;
type Way = (typeof WAYS)[number];

export function Use({ learnware, version }: { learnware: Learnware; version: Version }) {
  const [way, setWay] = useState<Way>('cli');
  const text = snippet(way, learnware, version);
  return (
    <section className="stack">
      <h2>{t('use.title')}</h2>
      <div>
        <Tabs label={t('use.title')} tabs={WAYS.map((id) => ({ id, label: t(`use.${id}` as Key) }))} value={way} onChange={setWay} />
        <div role="tabpanel" aria-label={t(`use.${way}` as Key)} className="stack tight">
          <Code text={text} label={t(`use.${way}` as Key)} />
          <p className="small faint">{t(`use.${way}Words` as Key)} {way === 'python' && version.format === 'python' ? t('use.codeWarning') : ''}</p>
          <p className="small"><Link href="/docs/guides/remote-dock">{t('use.guide')}</Link></p>
        </div>
      </div>
    </section>
  );
}

function dataOf(version: Version): { file: string; more: string } {
  const kind = version.statistical[0] ? kindOf(version.statistical[0]) : 'table';
  if (kind === 'text') return { file: 'texts.csv', more: ' --text COLUMN' };
  return kind === 'image' ? { file: 'images/', more: '' } : { file: 'data.csv', more: '' };
}

function snippet(way: Way, learnware: Learnware, version: Version): string {
  const { id } = learnware;
  const host = location.origin;
  const { file, more } = dataOf(version);
  switch (way) {
    case 'cli':
      return `export LEARNWARE_DOCK=${host}\nlearnware run ${id} ${file}${more} -o predictions.csv`;
    case 'python':
      return [
        'from learnware.client import LearnwareClient',
        '',
        `client = LearnwareClient("${host}/api")`,
        `client.download_learnware("${id}", "${id}.zip")`,
        `learnware = client.load_learnware(learnware_path="${id}.zip", runnable_option="conda")`,
        'predictions = learnware.predict(rows)  # a NumPy array, one row per example',
      ].join('\n');
    case 'rest':
      return [
        `curl -fL -o ${id}.zip "${host}/api/v1/learnwares/${id}/package?version=${version.version}"`,
        `b3sum ${id}.zip  # ${version.digest}`,
        `curl -s ${host}/api/v1/learnwares/${id}  # what it is`,
      ].join('\n');
    case 'rust':
      return [
        '// learnware-api = { features = ["client"] }',
        'use learnware_api::client::Client;',
        '',
        `let dock = Client::new("${host}", None)?;`,
        `let learnware = dock.learnware("${id}").await?;`,
        `dock.download("${id}", Some(${version.version}), "${id}.zip".as_ref(), |_, _| {}).await?;`,
      ].join('\n');
    case 'docker':
      return [
        'docker build -f deploy/Dockerfile -t learnware-dock .',
        `docker run --rm -v "$PWD:/data" -w /data -e LEARNWARE_DOCK=${host} \\`,
        `  learnware-dock run ${id} ${file}${more} -o predictions.csv`,
      ].join('\n');
  }
}
