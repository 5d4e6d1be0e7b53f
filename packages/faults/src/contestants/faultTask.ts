import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { err, ok, type Result } from 'neverthrow';
import { BACKOFF_MS } from '../plan/BenchSettings';
import { faultPayloadSchema } from '../tasks/Behaviour';
import { behave } from '../tasks/behave';
import { commitEffect } from './commitEffect';

/** Does what its payload asks for and leaves evidence. */
export const faultTask = defineTask({
  queueName: 'fault:work',
  schema: faultPayloadSchema,
  handler: async (payload, { taskId, attempt, correlationId, signal, step, completeWithin }) => {
    const facts = { call: payload.call, taskId, attempt, correlationId };
    const commit = (run: string): Promise<void> =>
      commitEffect({ taskId, run }, (transaction) => completeWithin(transaction, { pid: process.pid, run }));
    const end = await behave({ payload, facts, signal, step, commit });
    if (end.kind === 'returned') return ok<unknown>(end.value);
    if (end.kind === 'failed') return err(new TaskError(end.message));
    return end.end() as Result<unknown, TaskError>; // anything at all: that is the test
  },
  options: {
    backoffMs: BACKOFF_MS,
    timeoutMs: 60_000,
    // The checker reads every task at the end.
    retention: { completed: { count: 100_000 }, failed: { count: 100_000 } },
  },
});

/** The registry that takes the place of the application's: see droverPreload.ts. */
export const tasks: TaskDefinition<unknown>[] = [faultTask];
