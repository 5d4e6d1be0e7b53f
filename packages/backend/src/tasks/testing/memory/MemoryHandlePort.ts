import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { CancelError } from '../../domain/CancelError';
import { cancelReasonProblem } from '../../domain/CancelRequest';
import { type TaskName, toRemoved } from '../../domain/TaskEnd';
import { type TaskResultError } from '../../domain/TaskResultError';
import { answerCancellation } from '../../ledger/answerCancellation';
import { toCancelFailure } from '../../ledger/CancelFailure';
import { TasksDisabledError } from '../../queue/TasksDisabledError';
import { toTimedOut, toUnavailable } from '../../scheduler/HandleFailure';
import { type HandlePort } from '../../scheduler/HandlePort';
import { cancelMemoryTask } from './cancelMemoryTask';
import { openMemoryLooks } from './MemoryLooks';
import { type MemoryQueue } from './MemoryQueue';
import { toEnd, toSighting } from './MemorySighting';
import { hasEnded, type MemoryTask } from './MemoryTask';
import { type MemoryWait } from './MemoryWait';

interface MemoryHandleParts {
  readonly queue: MemoryQueue;
  readonly wait: MemoryWait;
  readonly logger: ILogger;
  readonly tasksEnabled: boolean;
}

/** How the handles of a test ask its tasks. */
export const createMemoryHandlePort = ({
  queue,
  wait,
  logger,
  tasksEnabled,
}: MemoryHandleParts): HandlePort => {
  const find = ({ id, taskName }: TaskName): MemoryTask | undefined => {
    const task = queue.get(id);
    return task?.task.queueName === taskName ? task : undefined;
  };
  const look = (task: TaskName): Result<MemoryTask, TaskResultError> => {
    if (!tasksEnabled) {
      const cause = new TasksDisabledError();
      return err(toUnavailable(task, { reason: cause.message, cause }));
    }
    const found = find(task);
    return found === undefined ? err(toRemoved(task)) : ok(found);
  };
  return {
    tasksEnabled,
    look: async (task) => look(task).map(toSighting),
    waitForEnd: async (task, timeoutMs) => {
      const found = look(task);
      if (found.isErr()) return err(found.error);
      const isOver = await wait.until(() => hasEnded(found.value), timeoutMs);
      return isOver ? ok(toEnd(found.value)) : err(toTimedOut(task, timeoutMs));
    },
    openLooks: (task, timeoutMs) => openMemoryLooks(task, timeoutMs, { queue, wait, find }),
    readLog: async (task) => {
      const { logs = [], logCount = 0 } = find(task) ?? {};
      return ok({ lines: logs, count: logCount });
    },
    cancel: async ({ id, taskName }, reason) => {
      const problem = cancelReasonProblem(reason);
      if (problem !== undefined) return err(new CancelError(problem, { code: 'invalid-reason' }));
      if (!tasksEnabled) return err(toCancelFailure(new TasksDisabledError()));
      const cancelled = await cancelMemoryTask({ queue, taskName, id, reason, nowMs: wait.nowMs() });
      wait.wake();
      return answerCancellation(id, cancelled, logger);
    },
  };
};
