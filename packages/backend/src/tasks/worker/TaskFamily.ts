import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type Result } from 'neverthrow';
import { type ScheduleError } from '../domain/ScheduleError';
import { type TaskHandle } from '../domain/TaskHandle';
import { mayRun } from '../ledger/CancelFailure';
import { cancelTask } from '../ledger/cancelTask';
import { createSharedEnds } from '../ledger/SharedEnds';
import { toCancellation } from '../ledger/toCancellation';
import { createQueueAccess } from '../queue/QueueAccess';
import { type ScheduleCall } from '../scheduler/CallCheck';
import { placeTask } from '../scheduler/ScheduleCall';
import { createSharedTarget } from '../scheduler/ScheduleTarget';
import { type ChildPorts } from './ChildRun';

/** How the handlers of a worker schedule other tasks and wait for them. */
export interface TaskFamily extends ChildPorts {
  /** Aborted when the worker begins to stop: a parent that waits is given back at once. */
  readonly draining: AbortSignal;
  schedule<Output>(call: ScheduleCall): Promise<Result<TaskHandle<Output>, ScheduleError>>;
}

interface TaskFamilyOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  readonly draining: AbortSignal;
}

/** Creates the family of a worker. Free: the connection that schedulers share is opened by the first use. */
export const createTaskFamily = ({ logger, appConfig, draining }: TaskFamilyOptions): TaskFamily => {
  const parts = { logger, appConfig };
  const access = createQueueAccess(parts);
  const target = createSharedTarget(parts);
  return {
    appConfig,
    draining,
    ends: createSharedEnds(parts),
    schedule: (call) => placeTask({ target, appConfig }, call),
    publish: target.publish,
    cancel: async ({ id, name }, reason) => {
      const done = await cancelTask(toCancellation({ ...parts, access }, { taskName: name, id, reason }));
      if (done.isErr() && mayRun(done)) {
        const facts = { taskName: name, taskId: id, reason: done.error.message };
        logger.warn('A child could not be cancelled; it runs to its end', facts);
      }
    },
  };
};
