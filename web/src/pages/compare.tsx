/** Up to four learnwares side by side. */
import { useMemo } from 'react';
import { Link, useSearch } from 'wouter';
import { api } from '../api/client';
import type { Learnware, SearchAnswer, Version } from '../api/types';
import { bytes, date, decimal, number, percentile, t } from '../i18n';
import { useLoad } from '../lib/load';
import { bare, comparable, nameOf } from '../lib/specification';
import { OverlapFigure, type Drawn } from '../pictures/fit';
import { keyOf, useTask, type Task } from '../state/task';
import { Safety, Tags } from '../ui/learnware-parts';
import { Empty, ErrorNote, PageHead, Skeleton } from '../ui/parts';
import { COMPARED_MAX } from './search/state';

interface Row {
  id: string;
  learnware: Learnware;
  version: Version;
}

export default function Compare() {
  const text = useSearch();
  const ids = useMemo(() => [...new Set((new URLSearchParams(text).get('ids') ?? '').split(',').filter(Boolean))].slice(0, COMPARED_MAX), [text]);
  const task = useTask();
  const found = useLoad(ids.length > 0 ? `compare/${ids.join()}` : null, (signal) => Promise.all(ids.map((id) => api.get<Learnware>(`/learnwares/${encodeURIComponent(id)}`, {}, signal))));
  const rows = useMemo(() => (found.data ?? []).flatMap(rowOf), [found.data]);
  const fits = useFits(task, rows);
  return (
    <>
      <PageHead title={t('compare.title')}>{t('compare.what')}</PageHead>
      <ErrorNote error={found.error} retry={found.reload} />
      {ids.length === 0 ? (
        <Empty title={t('compare.none')} actions={<Link className="button primary" href="/search">{t('nav.search')}</Link>}><p>{t('compare.noneAdvice')}</p></Empty>
      ) : rows.length === 0 && found.loading ? <Skeleton lines={8} /> : <Table rows={rows} task={task} fits={fits} />}
    </>
  );
}

function rowOf(learnware: Learnware): Row[] {
  const version = learnware.versions.find((entry) => entry.version === learnware.latest_version) ?? learnware.versions.at(-1);
  return version ? [{ id: learnware.id, learnware, version }] : [];
}

/** Distances of the compared ones to the user's data: a search that excludes nothing but shows enough. */
function useFits(task: Task | null, rows: Row[]): SearchAnswer | undefined {
  const key = task && rows.length > 0 ? `compare-fit/${keyOf(task)}/${rows.map((row) => row.id).join()}` : null;
  return useLoad(key, (signal) => api.post<SearchAnswer>('/search', { statistical: task ? [bare(task.specification)] : [], limit: 100, mixture: 'none' }, { signal })).data;
}

function Table({ rows, task, fits }: { rows: Row[]; task: Task | null; fits: SearchAnswer | undefined }) {
  const drawn = useMemo((): Drawn[] => {
    const first = task?.specification ?? rows[0]?.version.statistical[0];
    if (!first) return [];
    const theirs = rows.flatMap((row, place): Drawn[] => {
      const specification = row.version.statistical.find((entry) => comparable(first, entry));
      return specification ? [{ name: nameOf(row.version.semantic, row.id), specification, place }] : [];
    });
    return task ? [{ name: t('results.yourData'), specification: task.specification, place: null }, ...theirs] : theirs;
  }, [rows, task]);
  const single = (id: string) => fits?.single.find((entry) => entry.id === id);
  const lines: { label: string; cell: (row: Row) => React.ReactNode }[] = [
    { label: t('compare.tags'), cell: (row) => <Tags semantic={row.version.semantic} /> },
    { label: t('compare.safety'), cell: (row) => <Safety format={row.version.format} /> },
    { label: t('learnware.inputs'), cell: (row) => number(row.version.semantic.Input?.Dimension ?? 0) || '–' },
    { label: t('learnware.outputs'), cell: (row) => number(row.version.semantic.Output?.Dimension ?? 0) || '–' },
    { label: t('learnware.points'), cell: (row) => (row.version.statistical[0] ? t('learnware.pointsOf', { n: row.version.statistical[0].z.length, rows: row.version.statistical[0].num_points ?? 0 }) : '–') },
    { label: t('learnware.size'), cell: (row) => bytes(row.version.size_bytes) },
    { label: t('learnware.version'), cell: (row) => String(row.version.version) },
    { label: t('learnware.submitted'), cell: (row) => date(row.version.submitted_at) },
    { label: t('learnware.downloads'), cell: (row) => number(row.learnware.downloads) },
    { label: t('learnware.findings'), cell: (row) => number(row.version.report?.findings.length ?? 0) },
  ];
  if (task) {
    lines.unshift(
      { label: t('results.distance'), cell: (row) => decimal(single(row.id)?.distance) },
      { label: t('results.percentile'), cell: (row) => percentile(single(row.id)?.percentile) },
    );
  }
  return (
    <div className="stack loose">
      <div className="scroll" tabIndex={0} role="group" aria-label={t('compare.title')}>
        <table className="compare-table">
          <thead><tr><td />{rows.map((row, place) => <th key={row.id} scope="col"><span className={`key k${place}`} /><Link href={`/learnwares/${row.id}`}>{nameOf(row.version.semantic, row.id)}</Link><div><code>{row.id}</code></div></th>)}</tr></thead>
          <tbody>{lines.map((line) => <tr key={line.label}><th scope="row">{line.label}</th>{rows.map((row) => <td key={row.id}>{line.cell(row)}</td>)}</tr>)}</tbody>
        </table>
      </div>
      {drawn.length > 1 ? <section className="stack"><h2>{t('compare.points')}</h2><OverlapFigure drawn={drawn} caption={t('compare.overlap')} /></section> : null}
    </div>
  );
}
