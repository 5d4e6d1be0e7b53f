import { type Result } from 'neverthrow';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { type RecurringSchedule } from '../domain/RecurringSchedule';
import { type ScheduleError } from '../domain/ScheduleError';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type FoundHandle, type TaskHandle } from '../domain/TaskHandle';
import { type TaskId } from '../domain/TaskId';
import { type LedgerError } from '../ledger/LedgerError';
import { sharedCommitNudge } from '../ledger/sharedCommitNudge';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { type TaskLedger } from '../ledger/TaskLedger';
import { type PublishError, publish } from '../queue/publish';
import { createQueueAccess } from '../queue/QueueAccess';
import { type AcceptedCall } from './CallCheck';
import { createFoundHandle, createTaskHandle } from './FoundTask';
import { createLedgerTarget } from './LedgerTarget';
import { type CheckedSchedule, saveSchedule } from './RecurringCall';
import { createRedisHandlePort } from './RedisHandlePort';
import { type ScheduledJob } from './ScheduledEntry';
import { type TaskSchedulerOptions } from './TaskScheduler';
import { createDisabledTarget, createTransactionTarget } from './TransactionTarget';

/** What a scheduling call knows of the task that was taken. */
export interface TaskReceipt extends Pick<TaskHandle, 'id' | 'taskName' | 'correlationId' | 'disposition'> {
  /** Of its definition. */
  readonly maxAttempts: number | undefined;
}

/** Where the calls that a scheduler has accepted go: the queues on Redis, or the memory of the testing kit. */
export interface ScheduleTarget {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Takes the task of a call. Answers the id of the one that is there: the given one, or one that stands for it. */
  publish(job: ScheduledJob, call: AcceptedCall): Promise<Result<TaskId, PublishError | LedgerError>>;
  /** Where calls go that are to be a part of a transaction of the caller's. */
  within(transaction: CallerTransaction): ScheduleTarget;
  /** Keeps a recurring schedule: a new one, or in place of the one that has its id. */
  saveSchedule(schedule: CheckedSchedule): Promise<Result<RecurringSchedule, ScheduleError>>;
  /** What the caller gets for a task that was taken. */
  toHandle<Output>(receipt: TaskReceipt): TaskHandle<Output>;
  /** The handle of a task that was scheduled earlier. */
  findHandle<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    id: string,
  ): FoundHandle<Output>;
}

/** The ledger, unless it is off, and the queues on Redis. Free: connections are opened by the first use. */
export const createSharedTarget = (parts: TaskSchedulerOptions): ScheduleTarget => {
  const { appConfig, logger } = parts;
  const queues = createRedisTarget(parts);
  if (sharedTaskLedger(appConfig) === undefined) return queues;
  const access = createQueueAccess(parts);
  const isRedisReady = (): boolean => access.open().connection.isReady();
  const toTarget = (ledger: TaskLedger): ScheduleTarget => {
    const target = createLedgerTarget({ ledger, queues, isRedisReady, logger, appConfig });
    const nudge = sharedCommitNudge({ ledger, logger, appConfig });
    return {
      ...target,
      within: (transaction) => createTransactionTarget({ ledger, transaction, nudge, target, appConfig }),
    };
  };
  let latest: { readonly ledger: TaskLedger; readonly target: ScheduleTarget } | undefined;
  /** A ledger that was closed is followed by another one. */
  const open = (): ScheduleTarget => {
    const ledger = sharedTaskLedger(appConfig);
    if (ledger === undefined) return queues;
    if (latest?.ledger !== ledger) latest = { ledger, target: toTarget(ledger) };
    return latest.target;
  };
  return {
    ...queues,
    publish: (job, call) => open().publish(job, call),
    within: (transaction) => open().within(transaction),
  };
};

const createRedisTarget = (parts: TaskSchedulerOptions): ScheduleTarget => {
  const port = createRedisHandlePort(parts);
  const access = createQueueAccess(parts);
  const target: ScheduleTarget = {
    nowMs: Date.now,
    publish: (job) => publish({ ...access.open(), job, deadlineMs: parts.appConfig.scheduleDeadlineMs }),
    saveSchedule: (schedule) => saveSchedule(schedule, parts),
    toHandle: (receipt) => createTaskHandle(receipt, port),
    findHandle: (task, id) => createFoundHandle(task, id, port),
    within: () => createDisabledTarget(target),
  };
  return target;
};
