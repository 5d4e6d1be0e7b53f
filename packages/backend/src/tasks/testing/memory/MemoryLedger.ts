import { type TaskId } from '../../domain/TaskId';
import { validateOutput } from '../../domain/validateOutput';
import { type AttemptLedger } from '../../worker/AttemptLedger';

/**
 * Creates what stands for the ledger in a test: it knows which tasks their handlers have completed in a transaction of
 * their own. That transaction is the test's: one that is rolled back after it leaves the task completed here.
 */
export const createMemoryLedger = (): AttemptLedger => {
  const values = new Map<TaskId, unknown>();
  return {
    record: async (attempt, run) => {
      const end = await run(attempt);
      const { taskId } = attempt.delivery;
      return values.has(taskId) ? { ...end, outcome: { kind: 'completed', value: values.get(taskId) } } : end;
    },
    completeWithin: async ({ task, delivery, environment }, _transaction, value) => {
      const result = validateOutput(task, value, environment.maxResultBytes);
      if (result.isErr()) throw result.error;
      values.set(delivery.taskId, result.value);
    },
    noteCancelled: async () => undefined,
    readCancelRequest: async () => undefined,
    stop: async () => undefined,
  };
};
