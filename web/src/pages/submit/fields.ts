/** What a submission says of itself, as the form holds it. */
import type { Dimensions, Semantic } from '../../api/types';
import type { ModelAnswers, ModelSays } from '../../wasm';

export interface Fields {
  name: string;
  description: string;
  data: string;
  task: string;
  library: string;
  scenarios: string[];
  license: string;
  /** Names of the outputs, one a line; their number is that of the lines, unless `outputs` says it. */
  outputNames: string;
  outputs: number;
}

export const EMPTY: Fields = { name: '', description: '', data: '', task: '', library: 'Others', scenarios: [], license: '', outputNames: '', outputs: 0 };

/** Lengths that the dock accepts. */
export const NAME = { min: 5, max: 50 };
export const DESCRIPTION = { min: 10, max: 10_000 };

export function fromSemantic(semantic: Semantic | null): Fields {
  if (!semantic) return EMPTY;
  const names = Object.entries(semantic.Output?.Description ?? {}).sort((a, b) => Number(a[0]) - Number(b[0])).map(([, word]) => word);
  return {
    name: semantic.Name?.Values ?? '',
    description: semantic.Description?.Values ?? '',
    data: semantic.Data?.Values?.[0] ?? '',
    task: semantic.Task?.Values?.[0] ?? '',
    library: semantic.Library?.Values?.[0] ?? 'Others',
    scenarios: semantic.Scenario?.Values ?? [],
    license: semantic.License?.Values?.[0] ?? '',
    outputNames: names.join('\n'),
    outputs: semantic.Output?.Dimension ?? 0,
  };
}

/** What a model's file says; where it does not, what was said before. */
export function fromModel(says: ModelSays, before: Fields): Fields {
  return {
    ...before,
    task: says.task ?? before.task,
    outputs: says.outputs ?? before.outputs,
    outputNames: says.classes.length > 0 ? says.classes.join('\n') : before.outputNames,
  };
}

/** What file and labels say together; a task that a person chose stays. */
export function withAnswers(before: Fields, answers: ModelAnswers | null, says: ModelSays): Fields {
  if (!answers) return before;
  const names = Object.values(answers.output.Description ?? {});
  return {
    ...before,
    task: before.task && before.task !== says.task ? before.task : answers.task ?? before.task,
    outputs: answers.output.Dimension || before.outputs,
    outputNames: names.length > 0 ? names.join('\n') : before.outputNames,
  };
}

/** Whether the classes have the labels' words as names while the model's file knows numbers only: their order is then assumed. */
export function orderIsAssumed(fields: Fields, says: ModelSays): boolean {
  const isNumber = (name: string) => name.trim() !== '' && Number.isFinite(Number(name));
  const names = fields.outputNames.split('\n').filter((name) => name.trim());
  return fields.task === 'Classification' && says.classes.every(isNumber) && names.length > 1 && !names.every(isNumber);
}

export function toSemantic(fields: Fields, before: Semantic | null, input: Dimensions | undefined): Semantic {
  const words = (type: string, values: string[]) => ({ Type: type, Values: values });
  const line = (value: string) => ({ Type: 'String', Values: value });
  const semantic: Semantic = {
    ...before,
    Data: words('Class', [fields.data]),
    Task: words('Class', [fields.task]),
    Library: words('Class', [fields.library]),
    Scenario: words('Tag', fields.scenarios),
    License: words('Class', [fields.license]),
    Name: line(fields.name.trim()),
    Description: line(fields.description.trim()),
  };
  if (input) semantic.Input = input;
  const names = fields.outputNames.split('\n').map((name) => name.trim()).filter(Boolean);
  const count = Math.max(fields.outputs, names.length);
  if (count > 0) semantic.Output = { Dimension: count, Description: Object.fromEntries(names.map((name, place) => [String(place), name])) };
  return semantic;
}

/** Fields that are missing or do not hold, as keys of the dictionary. */
export function wrong(fields: Fields): Partial<Record<keyof Fields, string>> {
  const found: Partial<Record<keyof Fields, string>> = {};
  const name = [...fields.name.trim()].length;
  if (name < NAME.min || name > NAME.max) found.name = 'submit.wrong.name';
  const description = [...fields.description.trim()].length;
  if (description < DESCRIPTION.min || description > DESCRIPTION.max) found.description = 'submit.wrong.description';
  if (!fields.data) found.data = 'submit.wrong.choose';
  if (!fields.task) found.task = 'submit.wrong.choose';
  if (!fields.license) found.license = 'submit.wrong.choose';
  const outputs = Math.max(fields.outputs, fields.outputNames.split('\n').filter((line) => line.trim()).length);
  if (fields.task === 'Classification' && outputs < 2) found.outputs = 'submit.wrong.classes';
  if (fields.task === 'Regression' && outputs < 1) found.outputs = 'submit.wrong.outputs';
  if (fields.scenarios.length === 0) found.scenarios = 'submit.wrong.scenario';
  return found;
}
