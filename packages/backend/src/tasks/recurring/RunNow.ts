import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { type ScheduleId } from '../domain/ScheduleId';
import { type TaskHandle } from '../domain/TaskHandle';
import { TaskId } from '../domain/TaskId';
import { type TaskRegistry } from '../domain/TaskRegistry';
import { publish } from '../queue/publish';
import { type QueueAccess } from '../queue/QueueAccess';
import { toRunJob } from '../queue/RunJob';
import { createScheduleStore } from '../queue/ScheduleStore';
import { createTaskHandle } from '../scheduler/FoundTask';
import { createRedisHandlePort } from '../scheduler/RedisHandlePort';
import { type FoundSchedule } from './FoundSchedule';
import { RecurringError, toUnavailable } from './RecurringError';

interface RunNowOptions {
  readonly schedule: FoundSchedule;
  readonly correlationId: CorrelationId;
  readonly registry: TaskRegistry;
  readonly access: QueueAccess;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Starts a run of a schedule beside its plan. Errors: `unknown-task`, `overlapping`, `queue-unavailable` with `taskId` and
 * `isUnknown` in its metadata.
 */
export const startRunNow = async ({
  schedule: { id: scheduleId, stored },
  correlationId,
  registry,
  access,
  logger,
  appConfig,
}: RunNowOptions): Promise<Result<TaskHandle, RecurringError>> => {
  const task = registry.get(stored.taskName);
  if (task.isErr()) return err(new RecurringError(task.error.message, { code: 'unknown-task' }));
  const taskId = TaskId();
  const maxAttempts = appConfig.taskMaxAttempts;
  const job = toRunJob({ taskId, scheduleId, stored, correlationId, task: task.value, maxAttempts });
  const published = await publish({ ...access.open(), job, deadlineMs: appConfig.scheduleDeadlineMs });
  if (published.isErr()) {
    const { isUnknown } = published.error;
    return err(toUnavailable(published.error, { taskId, isUnknown }));
  }
  if (published.value !== taskId) return err(toOverlapping(scheduleId, published.value));
  // The run is on the queue: without this `lastRunAt` is behind, and nothing else.
  await access.run((_queues, { client }) =>
    createScheduleStore(client, appConfig.queuePrefix).noteRun(scheduleId),
  );
  const { queueName: taskName, options } = task.value;
  const receipt = { id: taskId, taskName, correlationId, disposition: 'created' } as const;
  return ok(
    createTaskHandle(
      { ...receipt, maxAttempts: options.maxAttempts },
      createRedisHandlePort({ logger, appConfig }),
    ),
  );
};

const toOverlapping = (id: ScheduleId, taskId: TaskId): RecurringError =>
  new RecurringError(`the schedule ${id} skips overlapping runs, and its run ${taskId} is unfinished`, {
    code: 'overlapping',
  });
