import { err, ok, type Result } from 'neverthrow';
import { ScheduleError } from '../../domain/ScheduleError';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskHandle } from '../../domain/TaskHandle';
import { PublishError, toUnreachable } from '../../queue/publish';
import { TasksDisabledError } from '../../queue/TasksDisabledError';
import { createFoundHandle, createTaskHandle } from '../../scheduler/FoundTask';
import { type HandlePort } from '../../scheduler/HandlePort';
import { refuseInTransaction, toNotKept, writeSchedule } from '../../scheduler/RecurringCall';
import { type ScheduleTarget } from '../../scheduler/ScheduleTarget';
import { type MemoryQueue } from './MemoryQueue';
import { type MemorySchedules } from './MemorySchedules';

/** What happens to the next call. */
export type InjectedFailure =
  /** Nothing has reached the queue. */
  | { readonly kind: 'refused'; readonly error: ScheduleError | undefined }
  /** The task is on the queue; its caller does not learn so. */
  | { readonly kind: 'lost' };

/** Where the calls of a test's scheduler go. */
export interface MemoryTarget extends ScheduleTarget {
  /** Lets a later call fail; several fail one after the other. */
  inject(failure: InjectedFailure): void;
}

interface MemoryTargetOptions {
  readonly queue: MemoryQueue;
  readonly schedules: MemorySchedules;
  /** Milliseconds since 1970. */
  nowMs(): number;
  findTask(name: string): TaskDefinition<unknown> | undefined;
  /** Keeps the schedules that definitions declare, if they are not kept yet. */
  declare(): Promise<void>;
  readonly port: HandlePort;
}

/** What the errors say that a test asked for. */
const REASON = 'the test said so';

/** Creates the target of a test's scheduler. */
export const createMemoryTarget = ({
  queue,
  schedules,
  nowMs,
  findTask,
  declare,
  port,
}: MemoryTargetOptions): MemoryTarget => {
  const injected: InjectedFailure[] = [];
  const target: MemoryTarget = {
    inject: (failure) => void injected.push(failure),
    nowMs,
    publish: async (job) => {
      if (!port.tasksEnabled) return err(toUnreachable(new TasksDisabledError(), false));
      const failure = injected.shift();
      if (failure?.kind === 'refused') return err(toRefused(failure.error));
      const task = findTask(job.name);
      if (task === undefined) return err(toRefused(undefined)); // every call names its task
      const id = queue.add(task, job);
      return failure?.kind === 'lost' ? err(toLost()) : ok(id);
    },
    saveSchedule: async (schedule) => {
      const { taskName } = schedule.stored;
      if (!port.tasksEnabled) {
        const cause = new TasksDisabledError();
        return err(toNotKept(taskName, cause.message, cause));
      }
      const failure = injected.shift();
      if (failure?.kind === 'refused') return err(failure.error ?? toNotKept(taskName, REASON));
      await declare();
      const saved = await writeSchedule(schedules.store, schedule);
      return failure?.kind === 'lost' ? err(toNotKept(taskName, REASON)) : saved;
    },
    toHandle: (receipt) => createTaskHandle(receipt, port),
    findHandle: (task, id) => createFoundHandle(task, id, port),
    // Memory has no transactions: the task is scheduled at once.
    within: () => ({ ...target, saveSchedule: refuseInTransaction }),
  };
  return target;
};

const toRefused = (cause: ScheduleError | undefined): PublishError =>
  new PublishError(`Redis is not reachable: ${REASON}`, { code: 'unreachable', cause });

const toLost = (): PublishError =>
  new PublishError(`Redis did not confirm the task: ${REASON}`, { code: 'unconfirmed' });

/** The answer of a call of `schedule`: with the error that a test gave for it, if it gave one. */
export const withInjected = <Output>(
  answer: Result<TaskHandle<Output>, ScheduleError>,
): Result<TaskHandle<Output>, ScheduleError> => answer.mapErr((error) => findInjected(error) ?? error);

const findInjected = ({ cause }: ScheduleError): ScheduleError | undefined =>
  cause instanceof PublishError && cause.cause instanceof ScheduleError ? cause.cause : undefined;
