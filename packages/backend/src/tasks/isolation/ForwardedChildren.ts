import { err, type Result } from 'neverthrow';
import { ChildError } from '../domain/ChildError';
import { type ChildCall, type ChildRunOptions, type TaskChildren } from '../domain/TaskChildren';
import { acceptCalls, requireList } from '../scheduler/ChildCalls';
import { type CallCopy, fromCallCopy, toCallCopy } from './CallCopy';
import { type ForwardedRules, type ScheduleParts } from './ForwardedSchedule';
import { type Ask } from './Link';
import { fromResultCopy, type ResultCopy, toResultCopy } from './ResultCopy';

/**
 * The `children` of an isolated handler: calls are checked here and run by the worker with the attempt's own context, so
 * that the slot goes back and the clock stands still as for every parent. `answerChildren` is the other end.
 */
export const createForwardedChildren = (ask: Ask, rules: ForwardedRules): TaskChildren => ({
  run: (async (calls: readonly ChildCall[], options: ChildRunOptions = {}) => {
    requireList(calls);
    const accepted = acceptCalls(calls, options, { ...rules, nowMs: Date.now() });
    if (accepted.isErr()) return accepted.error;
    const answers = (await ask([accepted.value.map(toCallCopy), options])) as readonly unknown[]; // one for each call
    return answers.map((answer) => fromResultCopy<unknown, ChildError>(answer));
  }) as TaskChildren['run'], // the types of the results follow from the calls
});

/** Runs in the worker the children of an isolated attempt. */
export const answerChildren = async (
  { context, tasks }: Pick<ScheduleParts, 'context' | 'tasks'>,
  [calls, options]: readonly unknown[],
): Promise<readonly ResultCopy[]> => {
  const given = calls as readonly CallCopy[]; // sent by the other end
  const found = given.map((call) => fromCallCopy(call, tasks));
  const known = found.flatMap((each) =>
    each.isOk() ? [[each.value.task, each.value.payload, each.value.options] as const] : [],
  );
  if (known.length < given.length)
    return given.map((call, index) => toResultCopy(toRefusal(call, found, index)));
  const run = context.children.run as (
    calls: readonly unknown[],
    options?: unknown,
  ) => Promise<readonly Result<unknown, ChildError>[]>; // checked by the other end, and again
  return (await run(known, options)).map(toResultCopy);
};

const toRefusal = (
  { taskName }: CallCopy,
  found: readonly Result<unknown, Error>[],
  index: number,
): Result<never, ChildError> => {
  const own = found[index];
  if (own?.isErr()) {
    const { message } = own.error;
    return err(new ChildError(message, { code: 'invalid-task', taskName, cause: own.error }));
  }
  const first = found.findIndex((each) => each.isErr()) + 1;
  const message = `nothing was scheduled: call ${first} of the run is refused`;
  return err(new ChildError(message, { code: 'not-scheduled', taskName }));
};
