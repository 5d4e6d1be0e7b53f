import { expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
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

it('writes the tasks down that were scheduled and run while the ledger was away', async () => {
  const task = defineTask({
    queueName: 'test:rowless',
    schema: z.object({ n: z.number() }),
    handler: async ({ n }, { attempt }) => (attempt < 2 && n > 1 ? err(new TaskError('not yet')) : ok(n)),
    options: { retry: { backoff: 'fixed', initialDelayMs: 0, jitter: false } },
  });
  const env = { LEDGER_REQUIRED: 'false', LEDGER_DEADLINE_MS: '50' };
  await using setup = await createLedgerTaskBench('sqlite', { tasks: [task], env });
  const { bench } = setup;
  await bench.schedule(task, { n: 0 }); // makes the tables
  await bench.startWorker();
  await until(async () => (await bench.queue(task).getCompletedCount()) === 1);
  const ids = await setup.database.transaction(async () => {
    const scheduled = [await bench.schedule(task, { n: 1 }), await bench.schedule(task, { n: 2 })];
    await until(async () => (await bench.queue(task).getCompletedCount()) === 3);
    return scheduled;
  });
  const rows = () => Promise.all(ids.map((id) => setup.row(id)));
  await until(async () => (await rows()).every((row) => row?.['status'] === 'completed'));

  expect((await rows()).map((row) => [row?.['payload'], row?.['result']])).toEqual([
    ['{"n":1}', '1'],
    ['{"n":2}', '2'],
  ]);
  expect(await Promise.all(ids.map((id) => setup.attempts(id)))).toEqual([
    [[1, 'completed']],
    [
      [1, 'retry'],
      [2, 'completed'],
    ],
  ]);
});
