import { expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createLedgerTaskBench } from './__fixtures__/LedgerTaskBench';

it('writes the ends that wait for the ledger before a worker has stopped', async () => {
  const task = defineTask({
    queueName: 'test:unwritten',
    schema: z.object({ n: z.number() }),
    handler: async ({ n }) => ok(n),
  });
  const env = { LEDGER_REQUIRED: 'false', LEDGER_DEADLINE_MS: '50' };
  await using setup = await createLedgerTaskBench('sqlite', { tasks: [task], env });
  const { bench } = setup;
  const ids = [await bench.schedule(task, { n: 1 }), await bench.schedule(task, { n: 2 })];
  const statuses = async () => Promise.all(ids.map(async (id) => (await setup.row(id))?.['status']));
  const worker = await setup.database.transaction(async () => {
    const started = await bench.startWorker();
    await until(async () => (await bench.queue(task).getCompletedCount()) === ids.length);
    return started;
  });

  await worker.stop();
  expect(await statuses()).toEqual(['completed', 'completed']);
});
