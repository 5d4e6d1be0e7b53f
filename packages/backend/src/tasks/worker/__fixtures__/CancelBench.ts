import { until } from '@backend/__fixtures__/until';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { type TaskId } from '../../domain/TaskId';
import { createTaskBench } from './TaskBench';

/** A wait that no test lives to see the end of; milliseconds. */
const FAR_MS = 600_000;

/** A task that runs until its signal is aborted, or, if it is deaf, until the test opens its gate. */
export const createCancelBench = async (env: Readonly<Record<string, string>> = {}) => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const starts: TaskId[] = [];
  const reasons: unknown[] = [];
  const told: TaskId[] = [];
  const task = defineTask({
    queueName: 'reports:build',
    schema: z.object({
      isDeaf: z.boolean().default(false),
      ends: z.enum(['ok', 'err', 'fatal', 'later', 'throw']).default('ok'),
    }),
    handler: async ({ isDeaf, ends }, { taskId, signal }) => {
      starts.push(taskId);
      const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => abort());
      void aborted.then(() => told.push(taskId));
      await (isDeaf ? gate : aborted);
      reasons.push(signal.reason);
      if (ends === 'throw') throw signal.reason;
      if (ends === 'later') return err(TaskError.retryLater(FAR_MS));
      if (ends === 'fatal') return err(TaskError.fatal('no such report'));
      return ends === 'err' ? err(new TaskError('out of paper')) : ok('built');
    },
    options: { maxAttempts: 3, backoffMs: FAR_MS, timeoutMs: 60_000 },
  });
  const bench = await createTaskBench({ tasks: [task], env: { TASK_TIMEOUT_GRACE_MS: '2000', ...env } });
  const queue = bench.queue(task);
  const cancel = async (id: TaskId, reason?: string) =>
    (await bench.inspector.cancel(id, reason))._unsafeUnwrap();
  const begun = (count: number) => until(async () => starts.length >= count);
  /** What a request leaves in Redis whose call nobody heard. */
  const mark = (id: TaskId) =>
    bench.redis.hset(queue.toKey(id), { cancelRequestedAt: String(Date.now()), cancelReason: 'unheard' });
  const setsOf = async (id: TaskId) => {
    const [scored, listed] = [
      ['completed', 'failed', 'cancelled', 'delayed', 'prioritized'],
      ['active', 'wait', 'paused'],
    ];
    const found = await Promise.all([
      ...scored.map(async (set) => ((await bench.redis.zscore(queue.toKey(set), id)) === null ? [] : [set])),
      ...listed.map(async (set) => ((await bench.redis.lpos(queue.toKey(set), id)) === null ? [] : [set])),
    ]);
    return found.flat();
  };
  return { task, bench, queue, starts, reasons, told, open, cancel, begun, mark, setsOf };
};

/** The error of a task that was cancelled for a reason. */
export const cancelledLike = (reason: string) => ({
  code: 'cancelled',
  message: `the task was cancelled: ${reason}`,
});
