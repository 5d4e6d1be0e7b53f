import { err } from 'neverthrow';
import { type ScheduleError } from '../domain/ScheduleError';
import { type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type FoundHandle } from '../domain/TaskHandle';
import { acceptCall } from '../scheduler/CallCheck';
import { type CallRules } from '../scheduler/ChildCalls';
import { type CallCopy, findDefinition, fromCallCopy, toCallCopy } from './CallCopy';
import { answerHandle, createForwardedHandle, type HandleFacts } from './ForwardedHandle';
import { type Ask, type RemoteWork } from './Link';
import { fromResultCopy, toResultCopy } from './ResultCopy';

/** By what the process of an attempt checks calls, before they are JSON. */
export type ForwardedRules = Omit<CallRules, 'nowMs'>;

/**
 * The `schedule` of an isolated handler: calls are checked here, done by the worker with the attempt's own context, and
 * answered with a handle whose methods ask the worker. `answerSchedule` is the other end.
 */
export const createForwardedSchedule =
  (ask: Ask, { parent, limits }: ForwardedRules): TaskContext['schedule'] =>
  async <Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    payload: Input,
    options = {},
  ) => {
    const { correlationId, taskId: parentId } = parent;
    const asked = { correlationId, task, payload, options, nowMs: Date.now(), parentId };
    const accepted = acceptCall(asked, limits);
    if (accepted.isErr()) return err(accepted.error);
    const placed = fromResultCopy<HandleFacts, ScheduleError>(
      await ask(['schedule', toCallCopy(accepted.value)]),
    );
    return placed.map((facts) => createForwardedHandle<Output>(facts, ask));
  };

/** What the worker schedules with. */
export interface ScheduleParts {
  /** Of the attempt. */
  readonly context: Pick<TaskContext, 'schedule' | 'children'>;
  /** Every definition of the worker, whether it takes the task or not. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  findHandle(task: TaskDefinition<unknown>, id: string): FoundHandle;
}

/** Does in the worker what the process of an attempt asks of `schedule` and of the handles that it gave. */
export const answerSchedule = async (
  { context, tasks, findHandle }: ScheduleParts,
  [method, given, ...rest]: readonly unknown[],
  work: RemoteWork,
): Promise<unknown> => {
  if (method === 'schedule') {
    const call = fromCallCopy(given as CallCopy, tasks); // sent by the other end
    if (call.isErr()) return toResultCopy(err(call.error));
    const { task, payload, options } = call.value;
    const placed = await context.schedule(task, payload as never, options); // checked by the other end, and again
    return toResultCopy(
      placed.map(({ id, taskName, correlationId, disposition }) => ({
        ...{ id, taskName, correlationId, disposition },
      })),
    );
  }
  const { taskName, id } = given as HandleFacts; // sent by the other end
  const task = findDefinition(tasks, taskName);
  if (task.isErr()) throw task.error;
  return answerHandle(findHandle(task.value, id), [method, ...rest], work);
};
