/** Stand-in for the maker of specifications while that is not built: tables only, points are sampled rows. */
export type DataKind = 'table' | 'text' | 'image';
export interface ColumnPreview { name: string; kind: 'number' | 'category' | 'text' | 'constant' | 'identifier'; missing: number; distinct: number | null; examples: string[]; used: boolean; reason: string | null }
export interface DataPreview { kind: DataKind; name: string; rows: number; columns: ColumnPreview[]; sample: string[][]; notes: string[]; sheets: string[]; seconds: number }
export interface GenerateChoices { drop?: string[]; labels?: string; text?: string; types?: Record<string, 'number' | 'category'>; sheet?: string; points?: number; seed?: number; resize?: [number, number]; rows?: number }
export interface NearestReport { [key: string]: unknown }
export interface MadeSpecification { specification: Record<string, unknown>; json: Uint8Array; description: string; rows: number; dimension: number; points: number; bytes: number; seconds: number; memoryBytes: number; disclosure: NearestReport; columns: string[] }
export interface Plane { explained: number; sets: { points: { x: number; y: number; weight: number }[] }[] }
export interface Progress { stage: 'read' | 'columns' | 'embed' | 'reduce' | 'report'; done: number; total: number }
export interface Predicted { columns: string[]; rows: string[][]; seconds: number; csv: Uint8Array }
export class MakerError extends Error { constructor(readonly code: string, message: string, readonly hint = '') { super(message); } }

export class SpecificationMaker {
  private table: { names: string[]; rows: string[][] } = { names: [], rows: [] };
  async open(files: File[], onProgress?: (p: Progress) => void): Promise<DataPreview> {
    const file = files[0];
    if (!file) throw new MakerError('empty', 'There is no file.');
    onProgress?.({ stage: 'read', done: 1, total: 1 });
    const lines = (await file.text()).trim().split(/\r?\n/).map((line) => line.split(','));
    this.table = { names: lines[0] ?? [], rows: lines.slice(1) };
    const columns = this.table.names.map((name, place): ColumnPreview => {
      const values = this.table.rows.map((row) => row[place] ?? '');
      const isNumber = values.every((value) => value === '' || Number.isFinite(Number(value)));
      return { name, kind: isNumber ? 'number' : 'category', missing: values.filter((v) => v === '').length, distinct: new Set(values).size, examples: values.slice(0, 3), used: isNumber, reason: isNumber ? null : 'not a number' };
    });
    return { kind: 'table', name: file.name, rows: this.table.rows.length, columns, sample: this.table.rows.slice(0, 6), notes: [], sheets: [], seconds: 0 };
  }
  async generate(choices: GenerateChoices, onProgress?: (p: Progress) => void): Promise<MadeSpecification> {
    onProgress?.({ stage: 'reduce', done: 1, total: 1 });
    const left = new Set([...(choices.drop ?? []), choices.labels ?? '']);
    const places = this.table.names.map((name, place) => ({ name, place })).filter(({ name }) => !left.has(name));
    const step = Math.max(1, Math.floor(this.table.rows.length / 60));
    const z = this.table.rows.filter((_, row) => row % step === 0).slice(0, 60).map((row) => places.map(({ place }) => Number(row[place]) || 0));
    const specification = { type: 'RKMETableSpecification', z, beta: z.map(() => 1 / z.length), gamma: 0.1, num_points: this.table.rows.length };
    const json = new TextEncoder().encode(JSON.stringify(specification));
    return { specification, json, description: '', rows: this.table.rows.length, dimension: places.length, points: z.length, bytes: json.length, seconds: 0, memoryBytes: 0, disclosure: {}, columns: places.map(({ name }) => name) };
  }
  async read(json: Uint8Array): Promise<MadeSpecification> {
    const specification = JSON.parse(new TextDecoder().decode(json)) as { z: number[][] };
    return { specification, json, description: '', rows: 0, dimension: specification.z[0]!.length, points: specification.z.length, bytes: json.length, seconds: 0, memoryBytes: 0, disclosure: {}, columns: [] };
  }
  async plane(): Promise<Plane> { return { explained: 0, sets: [] }; }
  async predict(packageZip: Uint8Array): Promise<Predicted> { void packageZip; throw new MakerError('absent', 'Not here yet.'); }
  cancel(): void {}
}
