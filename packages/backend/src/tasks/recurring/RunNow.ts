import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { type ScheduleId } from '../domain/ScheduleId';
import { type TaskHandle } from '../domain/TaskHandle';
import { TaskId } from '../domain/TaskId';
import { type TaskRegistry } from '../domain/TaskRegistry';
import { type LedgerError } from '../ledger/LedgerError';
import { publishRecorded, type RecordedTask } from '../ledger/publishRecorded';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { type EntryFacts } from '../ledger/toLedgerEntry';
import { toRetryStrategy } from '../ledger/toRetryStrategy';
import { type PublishError, publish } from '../queue/publish';
import { type QueueAccess } from '../queue/QueueAccess';
import { toRunJob } from '../queue/RunJob';
import { createScheduleStore } from '../queue/ScheduleStore';
import { type JobInput } from '../queue/TaskQueues';
import { createTaskHandle } from '../scheduler/FoundTask';
import { createRedisHandlePort } from '../scheduler/RedisHandlePort';
import { type FoundSchedule } from './FoundSchedule';
import { RecurringError, toRecurringFailure } from './RecurringError';

interface RunNowOptions {
  readonly schedule: FoundSchedule;
  readonly correlationId: CorrelationId;
  readonly registry: TaskRegistry;
  readonly access: QueueAccess;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Starts a run of a schedule beside its plan: writes it down, and puts it on its queue. One that Redis does not take has
 * started when it is in the ledger, unless its schedule skips overlapping runs: only the queue knows of those.
 * Errors: `unknown-task` and `overlapping`; `queue-unavailable`, `ledger-unavailable`, `ledger-refused` and `ledger-schema` with
 * `taskId` and `isUnknown` in their metadata.
 */
export const startRunNow = async (options: RunNowOptions): Promise<Result<TaskHandle, RecurringError>> => {
  const { schedule, correlationId, registry, logger, appConfig } = options;
  const { id: scheduleId, stored } = schedule;
  const task = registry.get(stored.taskName);
  if (task.isErr()) return err(new RecurringError(task.error.message, { code: 'unknown-task' }));
  const taskId = TaskId();
  const maxAttempts = appConfig.taskMaxAttempts;
  const job = toRunJob({ taskId, scheduleId, stored, correlationId, task: task.value, maxAttempts });
  const retryStrategy = toRetryStrategy(task.value.options, {});
  const recorded = await publishRun(options, { job, retryStrategy });
  if (recorded.isErr())
    return err(toRecurringFailure(recorded.error, { taskId, isUnknown: recorded.error.isUnknown }));
  const problem = toProblem(recorded.value, { schedule, taskId });
  if (problem !== undefined) return err(problem);
  await noteStart(options, recorded.value);
  const { queueName: taskName, options: own } = task.value;
  const receipt = { id: taskId, taskName, correlationId, disposition: 'created' } as const;
  return ok(
    createTaskHandle(
      { ...receipt, maxAttempts: own.maxAttempts },
      createRedisHandlePort({ logger, appConfig }),
    ),
  );
};

interface RunPublication extends Pick<EntryFacts, 'retryStrategy'> {
  readonly job: JobInput;
}

const publishRun = (
  { schedule, access, logger, appConfig }: RunNowOptions,
  { job, retryStrategy }: RunPublication,
): Promise<Result<RecordedTask, PublishError | LedgerError>> =>
  publishRecorded({
    ledger: sharedTaskLedger(appConfig),
    isRequired: appConfig.ledgerRequired,
    job,
    facts: { retryStrategy, nowMs: Date.now() },
    publish: (recorded) =>
      publish({ ...access.open(), job: recorded, deadlineMs: appConfig.scheduleDeadlineMs }),
    isWaitAnswered: answersWait(schedule),
    logger,
  });

/** Whether a run that waits for Redis is an error: a queue that skips overlapping runs may skip it yet. */
const answersWait = ({ stored }: FoundSchedule): boolean => stored.overlap === 'skip';

interface StartedRun {
  readonly schedule: FoundSchedule;
  readonly taskId: TaskId;
}

/** Why a run that was taken is not one, or perhaps not. */
const toProblem = (run: RecordedTask, { schedule, taskId }: StartedRun): RecurringError | undefined => {
  switch (run.kind) {
    case 'published':
    case 'left':
      return undefined;
    case 'waiting':
      return answersWait(schedule) ? toRecurringFailure(run.error, { taskId, isUnknown: true }) : undefined;
    case 'covered':
      // The relay asks the queue again, and the run that is in the way may have ended by then.
      return run.error === undefined
        ? toOverlapping(schedule.id, run.byId)
        : toRecurringFailure(run.error, { taskId, isUnknown: true });
  }
};

const noteStart = async (
  { schedule: { id }, access, appConfig }: RunNowOptions,
  run: RecordedTask,
): Promise<void> => {
  if (run.kind === 'waiting') return;
  // The run is on the queue: without this `lastRunAt` is behind, and nothing else.
  await access.run((_queues, { client }) => createScheduleStore(client, appConfig.queuePrefix).noteRun(id));
};

const toOverlapping = (id: ScheduleId, taskId: TaskId): RecurringError =>
  new RecurringError(`the schedule ${id} skips overlapping runs, and its run ${taskId} is unfinished`, {
    code: 'overlapping',
  });
