import { type RecordedStep, type TaskRecord } from '../domain/TaskRecord';
import { type StepChange, type StoredStep } from '../domain/TaskStep';

/** Before the name of a step, in the field of a job's hash that holds its result. */
export const STEP_PREFIX = 'step:';

/** The field of a job's hash that lists its steps, a line for each, without their results. */
export const STEPS_FIELD = 'steps';

/** The field of a job's hash that says how its steps have changed. */
export const CHANGE_FIELD = 'stepsChange';

/** What a job's hash holds of one step: its place, when it ended, whether it answered a `Result`, and its value if any. */
export const toStepField = ({ place, endedAtMs, isResult, value }: StoredStep): string =>
  JSON.stringify(value === undefined ? [place, endedAtMs, isResult] : [place, endedAtMs, isResult, value]);

/** Reads what `toStepField` wrote. Throws when the text is something else. */
export const parseStepField = (name: string, text: string): StoredStep => {
  const parsed: unknown = JSON.parse(text);
  const [place, endedAtMs, isResult, value] = Array.isArray(parsed) ? parsed : [];
  if (typeof place !== 'number' || typeof endedAtMs !== 'number' || typeof isResult !== 'boolean') {
    throw new Error(`the stored step ${JSON.stringify(name)} cannot be read`);
  }
  return { name, place, endedAtMs, isResult, value };
};

/** The line of a step in the list. */
export const toStepLine = ({ name, place, endedAtMs }: StoredStep): string =>
  `${JSON.stringify([name, place, endedAtMs])}\n`;

/** Reads the list of a job's steps, in the order of their places; what is no line of ours is left out. */
export const parseStepLines = (text: string): readonly RecordedStep[] =>
  text
    .split('\n')
    .flatMap(parseLine)
    .toSorted((one, other) => one.place - other.place);

/** Reads the field `stepsChange`; nothing when there is none, or what is there is none of ours. */
export const parseStepChange = (text: string | undefined): Pick<TaskRecord, 'stepsChange'> => {
  const parsed = parseJson(text ?? '');
  const isOurs = typeof parsed === 'object' && parsed !== null && 'kind' in parsed && 'step' in parsed;
  return isOurs ? { stepsChange: parsed as StepChange } : {}; // written by JobSteps
};

const parseLine = (line: string): readonly RecordedStep[] => {
  if (line === '') return [];
  const [name, place, endedAtMs] = parseArray(line);
  return typeof name === 'string' && typeof place === 'number' && typeof endedAtMs === 'number'
    ? [{ name, place, endedAt: new Date(endedAtMs) }]
    : [];
};

const parseArray = (line: string): readonly unknown[] => {
  const parsed = parseJson(line);
  return Array.isArray(parsed) ? parsed : [];
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Another program may have written anything: a record is shown without it.
    return undefined;
  }
};
