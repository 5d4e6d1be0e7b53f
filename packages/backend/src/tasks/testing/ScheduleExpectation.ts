import { suggestion } from '../domain/nearestName';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { describePlain } from './describePlain';
import { listDifferences } from './listDifferences';
import { type ScheduledTask } from './ScheduledTask';

/** What was scheduled is not what a test expects; the message shows the nearest call. Thrown. */
export class ScheduleExpectationError extends Error {
  override readonly name = 'ScheduleExpectationError';
}

/** What a test expects of a call; what is left out may be anything. */
export interface ScheduleExpectation {
  readonly task: TaskDefinition<unknown>;
  readonly payload: unknown;
  readonly options: unknown;
}

const show = ({ taskName, payload, options }: ScheduledTask): string =>
  `${taskName} with ${describePlain(payload)}${Object.keys(options).length === 0 ? '' : ` and ${describePlain(options)}`}`;

const differencesOf = (call: ScheduledTask, { payload, options }: ScheduleExpectation): readonly string[] => [
  ...(payload === undefined ? [] : listDifferences(payload, call.payload, 'payload')),
  ...(options === undefined ? [] : listDifferences(options, call.options, 'options')),
];

const toHeadline = ({ task, payload, options }: ScheduleExpectation): string => {
  const parts = [
    ...(payload === undefined ? [] : [` with ${describePlain(payload)}`]),
    ...(options === undefined ? [] : [` and ${describePlain(options)}`]),
  ];
  return `expected ${task.queueName} to be scheduled${parts.join('')}`;
};

const listNames = (calls: readonly ScheduledTask[]): readonly string[] => [
  ...new Set(calls.map(({ taskName }) => taskName)),
];

const describeOthers = (name: string, calls: readonly ScheduledTask[]): string => {
  if (calls.length === 0) return 'nothing was scheduled';
  const names = listNames(calls);
  return `it was not scheduled; ${names.join(', ')} ${names.length === 1 ? 'was' : 'were'}.${suggestion(name, names)}`;
};

/**
 * Finds the first call that is as expected.
 *
 * @throws ScheduleExpectationError when there is none.
 */
export const findScheduled = (
  calls: readonly ScheduledTask[],
  expectation: ScheduleExpectation,
): ScheduledTask => {
  const name = expectation.task.queueName;
  const ranked = calls
    .filter(({ taskName }) => taskName === name)
    .map((call) => ({ call, differences: differencesOf(call, expectation) }))
    .toSorted((one, other) => one.differences.length - other.differences.length);
  const [best] = ranked;
  if (best?.differences.length === 0) return best.call;
  const headline = toHeadline(expectation);
  if (best === undefined) throw new ScheduleExpectationError(`${headline}; ${describeOthers(name, calls)}`);
  const which = ranked.length === 1 ? 'the only call is' : `the nearest of ${ranked.length} calls is`;
  throw new ScheduleExpectationError(
    [`${headline}; ${which} ${show(best.call)}`, ...best.differences.map((line) => `  ${line}`)].join('\n'),
  );
};

/**
 * Checks that there are no calls.
 *
 * @throws ScheduleExpectationError listing them.
 */
export const refuseScheduled = (calls: readonly ScheduledTask[]): void => {
  if (calls.length === 0) return;
  const lines = calls.map((call) => `  ${show(call)}`);
  throw new ScheduleExpectationError(['expected nothing to be scheduled, got', ...lines].join('\n'));
};
