import { unknownFieldProblems } from '../domain/fieldProblems';
import { DELAY, numberProblem, showValue } from '../domain/numberRule';

const OPTION_NAMES = ['scheduler', 'logger', 'resource', 'onCreate', 'onUpdate', 'onDelete', 'onFailure'];
const LIST_NAMES = ['onCreate', 'onUpdate', 'onDelete'];
const TRIGGER_FIELDS = ['task', 'when', 'transform', 'delayMs'];

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Lists everything that is wrong with what `createTaskTriggerHooks` was given; an empty list means it is fine. */
export const triggerProblems = (options: unknown): string[] => {
  if (!isRecord(options)) return [`expected options to be an object, got ${showValue(options)}`];
  return [
    ...unknownFieldProblems(options, OPTION_NAMES),
    ...methodProblem('scheduler', options['scheduler'], 'schedule'),
    ...methodProblem('logger', options['logger'], 'error'),
    ...resourceProblems(options['resource']),
    ...failureProblems(options['onFailure']),
    ...LIST_NAMES.flatMap((name) => listProblems(name, options[name])),
  ];
};

const methodProblem = (field: string, value: unknown, method: string): string[] =>
  isRecord(value) && typeof value[method] === 'function'
    ? []
    : [`expected ${field} to be an object with the method ${method}, got ${showValue(value)}`];

const resourceProblems = (resource: unknown): string[] =>
  resource === undefined || (typeof resource === 'string' && resource !== '')
    ? []
    : [`expected resource to be a text, got ${showValue(resource)}`];

const failureProblems = (onFailure: unknown): string[] =>
  onFailure === undefined || onFailure === 'log' || onFailure === 'return'
    ? []
    : [`expected onFailure to be 'log' or 'return', got ${showValue(onFailure)}`];

const listProblems = (name: string, triggers: unknown): string[] => {
  if (triggers === undefined) return [];
  if (!Array.isArray(triggers)) return [`expected ${name} to be a list, got ${showValue(triggers)}`];
  return triggers.flatMap((trigger: unknown, index) => oneProblems(`${name}[${index}]`, trigger));
};

const oneProblems = (place: string, trigger: unknown): string[] => {
  if (!isRecord(trigger)) return [`expected ${place} to be an object, got ${showValue(trigger)}`];
  const { task, when, transform, delayMs } = trigger;
  return [
    ...unknownFieldProblems(trigger, TRIGGER_FIELDS, `${place}.`),
    ...taskProblems(`${place}.task`, task),
    ...functionProblem(`${place}.when`, when),
    ...functionProblem(`${place}.transform`, transform),
    ...(delayMs === undefined ? [] : delayProblems(`${place}.delayMs`, delayMs, task)),
  ];
};

/** The scheduler would refuse such a delay at every write. */
const delayProblems = (place: string, delayMs: unknown, task: unknown): string[] => {
  const options = isRecord(task) ? task['options'] : undefined;
  const isDebounced = isRecord(options) && options['debounce'] !== undefined;
  return [
    numberProblem(place, delayMs, DELAY) ?? [],
    isDebounced
      ? `expected no ${place} for a task with debounce, which decides when it runs, got ${showValue(delayMs)}`
      : [],
  ].flat();
};

/** Modules that import each other in a circle see `undefined` where the definition will be. */
const taskProblems = (place: string, task: unknown): string[] => {
  const problems = isRecord(task) ? task['problems'] : undefined;
  if (!Array.isArray(problems))
    return [`expected ${place} to be what defineTask returns, got ${showValue(task)}`];
  return problems.map((problem) => `${problem} (${place})`);
};

const functionProblem = (place: string, value: unknown): string[] =>
  value === undefined || typeof value === 'function'
    ? []
    : [`expected ${place} to be a function, got ${showValue(value)}`];
