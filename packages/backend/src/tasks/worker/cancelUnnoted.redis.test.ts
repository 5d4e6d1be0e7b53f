import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { err } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { toCancelChannel } from '../queue/CancelChannel';
import { createLedgerTaskBench } from './__fixtures__/LedgerTaskBench';

const UNNOTED =
  'The end of a cancelled task could not be written to the ledger; the reconciler finds it in its queue';

describe('a cancelled task whose end the ledger has not', () => {
  it('is left to the reconciler by a worker that stops while it notes it', async () => {
    const task = defineTask({
      queueName: 'test:unnoted',
      schema: z.object({}),
      handler: async () => err(new TaskError('out of paper')),
      options: { maxAttempts: 3, backoffMs: 600_000 },
    });
    await using setup = await createLedgerTaskBench('sqlite', {
      tasks: [task],
      env: { LEDGER_DEADLINE_MS: '50' },
    });
    const { bench } = setup;
    const id = await bench.schedule(task, {});
    const worker = await bench.startWorker({ id: 'w1' });
    await bench.reaches(id, 'retrying');
    await bench.redis.hset(bench.queue(task).toKey(id), { cancelRequestedAt: String(Date.now()) });
    await setup.database.transaction(async () => {
      const call = { taskName: task.queueName, taskId: id, workerId: worker.getStats().id };
      await bench.redis.publish(toCancelChannel(bench.appConfig.queuePrefix), JSON.stringify(call));
      await until(async () => (await bench.queue(task).getDelayedCount()) === 0);
      await worker.stop();
      await until(async () => bench.messages(id).includes(UNNOTED));
    });

    expect((await setup.row(id))?.['status']).toBe('retrying');
  });
});
