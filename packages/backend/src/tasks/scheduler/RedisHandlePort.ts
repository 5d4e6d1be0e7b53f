import { type AppConfig } from '@backend/config/AppConfig';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type TaskName, toRemoved } from '../domain/TaskEnd';
import { type TaskResultError } from '../domain/TaskResultError';
import { type TaskSighting } from '../domain/TaskSighting';
import { cancelTask } from '../ledger/cancelTask';
import { readKeptSighting } from '../ledger/readKeptSighting';
import { createSharedEnds } from '../ledger/SharedEnds';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { toCancellation } from '../ledger/toCancellation';
import { describeAccessFailure } from '../queue/AccessFailure';
import { createQueueAccess, type QueueAccess } from '../queue/QueueAccess';
import { readSightings } from '../queue/SightedTask';
import { sharedTaskWatch } from '../queue/sharedTaskWatch';
import { readTaskLog } from '../queue/TaskLog';
import { toUnavailable, toUnknown, toWaitFailure } from './HandleFailure';
import { type HandlePort } from './HandlePort';
import { openTaskLooks } from './TaskLooks';

interface RedisHandleParts {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** How handles ask the queues on Redis. Free: the connection is opened by the first question. */
export const createRedisHandlePort = (parts: RedisHandleParts): HandlePort => {
  const { logger, appConfig } = parts;
  const access = createQueueAccess(parts);
  return {
    tasksEnabled: appConfig.tasksEnabled,
    look: (task) => look(task, access, appConfig),
    waitForEnd: async (task, timeoutMs) => {
      const end = await createSharedEnds(parts).wait(task.taskName, task.id, { timeoutMs });
      return end.mapErr((error) => toWaitFailure(task, error, timeoutMs));
    },
    openLooks: (task, timeoutMs) =>
      openTaskLooks(task, timeoutMs, {
        watch: sharedTaskWatch(parts),
        readKept: () => readKeptSighting(sharedTaskLedger(appConfig)?.history, task),
      }),
    readLog: ({ id, taskName }) =>
      access.run((queues) => readTaskLog({ client: queues.client, queue: queues.get(taskName), id })),
    cancel: ({ id, taskName, maxAttempts }, reason) => {
      const guarded = { access, logger: guardedLogger(logger), appConfig };
      return cancelTask(toCancellation(guarded, { taskName, id, reason, maxAttempts }));
    },
  };
};

const look = async (
  task: TaskName,
  access: QueueAccess,
  appConfig: AppConfig,
): Promise<Result<TaskSighting, TaskResultError>> => {
  const seen = await access.run((queues) =>
    readSightings({ client: queues.client, queue: queues.get(task.taskName), ids: [task.id] }),
  );
  if (seen.isErr())
    return err(toUnavailable(task, { reason: describeAccessFailure(seen.error), cause: seen.error }));
  const [sighting] = seen.value.tasks;
  if (sighting !== undefined) return ok(sighting);
  const kept = await readKeptSighting(sharedTaskLedger(appConfig)?.history, task);
  if (kept.isErr()) return err(toUnknown(task, kept.error));
  return kept.value === undefined ? err(toRemoved(task)) : ok(kept.value);
};
