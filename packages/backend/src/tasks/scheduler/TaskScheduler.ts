import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, type Result } from 'neverthrow';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { type RecurringOptions } from '../domain/RecurringSchedule';
import { type ScheduleError } from '../domain/ScheduleError';
import { type ScheduleId } from '../domain/ScheduleId';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { type ScheduleTiming } from '../domain/ScheduleTiming';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type FoundHandle, type TaskHandle } from '../domain/TaskHandle';
import { toInvalidCorrelationId } from './CallCheck';
import { checkRecurringCall } from './RecurringCall';
import { placeTask } from './ScheduleCall';
import { createSharedTarget, type ScheduleTarget } from './ScheduleTarget';

/** Hands tasks to the queue. */
export interface TaskScheduler {
  /**
   * Schedules a task. Once the answer is `ok` the task runs at least once.
   *
   * @param correlationId The id of the request that causes the task; every log line of the task carries it.
   * @param payload Checked with the task's schema before anything is written.
   * @returns A handle, or a `ScheduleError` whose code says what to do. Never throws, and answers after
   *   `SCHEDULE_DEADLINE_MS` (2 s) without a word from Redis.
   */
  schedule<Payload, Output, Input>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    options?: ScheduleOptions,
  ): Promise<Result<TaskHandle<Output>, ScheduleError>>;
  /**
   * Creates a recurring schedule, or changes the one that has its id: timing, payload and options. A pause stays, and the
   * next run stays where it is unless the timing changed. Safe to call at each start of a service.
   *
   * @param correlationId The id of the request that asks for it; each run has one of its own.
   * @param payload Checked with the task's schema; every run gets it.
   * @returns Its id, or a `ScheduleError`: `invalid-options` for a wrong timing too. Never throws.
   */
  scheduleRecurring<Payload, Output, Input>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    timing: ScheduleTiming,
    options?: RecurringOptions,
  ): Promise<Result<ScheduleId, ScheduleError>>;
  /**
   * A scheduler whose tasks are a part of a transaction: they will run if it is committed, and were never there if it is
   * rolled back. Nothing reaches Redis before. Answers as `schedule` does; an error of the database is the transaction's too:
   * on Postgres nothing more can be done in it. Recurring schedules are refused.
   *
   * @param transaction Open, on the database of the ledger: what `sql.begin` of `Bun.SQL` hands over, or an adapter of
   *   another client.
   */
  within(transaction: CallerTransaction): TaskScheduler;
  /**
   * The handle of a task that was scheduled earlier, in whichever process. Free: Redis is asked by its methods alone, which
   * also say `invalid-options` when the id is no task id.
   *
   * @param id Such as one from a URL, or `handle.id` as it was kept.
   */
  handle<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    id: string,
  ): FoundHandle<Output>;
}

/** What a scheduler is made of. */
export interface TaskSchedulerOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Creates a scheduler. Free: all schedulers of a process share one connection for each Redis URL, opened by the first
 * task. Create one wherever you need it.
 */
export const createTaskScheduler = (parts: TaskSchedulerOptions): TaskScheduler =>
  createSchedulerFor(createSharedTarget(parts), parts.appConfig);

/** Creates a scheduler that checks calls by the configuration and hands what it accepts to a target. */
export const createSchedulerFor = (target: ScheduleTarget, appConfig: AppConfig): TaskScheduler => ({
  schedule: <Payload, Output, Input>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    options: ScheduleOptions = {},
  ) =>
    placeTask<Output>(
      { target, appConfig },
      { correlationId, task, payload, options, nowMs: target.nowMs() },
    ),
  scheduleRecurring: async (correlationId, task, payload, timing, options = {}) => {
    const id = parseCorrelationId(correlationId);
    if (id.isErr()) return err(toInvalidCorrelationId(id.error));
    const call = { task, payload, timing, options, correlationId, origin: 'call' } as const;
    const checked = checkRecurringCall(call, appConfig);
    if (checked.isErr()) return err(checked.error);
    return (await target.saveSchedule(checked.value)).map((schedule) => schedule.id);
  },
  within: (transaction) => createSchedulerFor(target.within(transaction), appConfig),
  handle: (task, id) => target.findHandle(task, id),
});
