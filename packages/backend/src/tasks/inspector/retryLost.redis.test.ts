import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { closeSharedLedgers, sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { createTaskBench, loggedLines } from '../worker/__fixtures__/TaskBench';

describe('TaskInspector.retry', () => {
  it('does finished steps no second time, also when Redis has lost the new task and the relay brings it back', async () => {
    let charges = 0;
    let isBroken = true;
    const task = defineTask({
      queueName: 'test:charge',
      schema: z.object({}),
      handler: async (_payload, ctx) => {
        await ctx.step('charge', async () => {
          charges += 1;
          return charges;
        });
        return isBroken ? err(TaskError.fatal('broken')) : ok();
      },
    });
    const env = { LEDGER_RELAY_INTERVAL_MS: '100', LEDGER_RELAY_AGE_MS: '100' };
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task], env });
    const { bench } = setup;
    const first = await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    await first.stop();
    isBroken = false;
    const newId = (await bench.inspector.retry(id))._unsafeUnwrap();
    await bench.redis.del(await bench.keys());
    await setup.database.query('UPDATE tasks SET published_at = NULL WHERE id = $1', [newId]);
    await bench.startWorker();

    expect((await bench.ended(newId)).status).toBe('completed');
    expect(charges).toBe(1);
  });

  it('writes down how the new task is tried again, as scheduling does', async () => {
    const task = defineTask({
      queueName: 'test:again',
      schema: z.object({}),
      handler: async () => ok(),
      options: { retry: { backoff: 'linear' } },
    });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const id = await bench.schedule(task, {}, { delayMs: 60_000, retry: { initialDelayMs: 5 } });
    (await bench.inspector.cancel(id))._unsafeUnwrap();
    const newId = (await bench.inspector.retry(id))._unsafeUnwrap();

    const [old, again] = [await setup.row(id), await setup.row(newId)];
    expect(again?.['retry_strategy']).toBe('{"backoff":"linear","initialDelayMs":5}');
    expect(again?.['retry_strategy']).toBe(old?.['retry_strategy']);
  });

  it('says in the job since when the new task waits, as the ledger does, however long writing it down took', async () => {
    const task = defineTask({ queueName: 'test:slow', schema: z.object({}), handler: async () => ok() });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const id = await bench.schedule(task, {});
    (await bench.inspector.cancel(id))._unsafeUnwrap();
    const delayed = setup.database.transaction(() => Bun.sleep(30));
    const newId = (await bench.inspector.retry(id))._unsafeUnwrap();
    await delayed;

    const job = await bench.queue(task).getJob(newId);
    expect(await setup.row(newId)).toMatchObject({ created_at: job?.timestamp });
  });

  it('does a task again without a ledger that is away, if it may, and says so', async () => {
    const task = defineTask({ queueName: 'test:away', schema: z.object({}), handler: async () => ok() });
    await using bench = await createTaskBench({
      tasks: [task],
      env: {
        LEDGER_URL: 'postgres://127.0.0.1:1/none',
        LEDGER_DEADLINE_MS: '500',
        LEDGER_REQUIRED: 'false',
      },
    });
    const id = await bench.schedule(task, {}, { delayMs: 60_000 });
    await bench.inspector.cancel(id);
    const newId = (await bench.inspector.retry(id))._unsafeUnwrap();

    expect((await bench.queue(task).getPrioritized()).map((job) => job.id)).toEqual([newId]);
    const lines = loggedLines(bench.logger).filter(({ message }) => message.includes('without the ledger'));
    // Of the task, and not of its retry too: schedulers and inspectors share a log.
    expect(lines.map(({ meta }) => meta)).toEqual([
      { taskName: 'test:away', reason: expect.stringContaining('does not answer') },
    ]);
  });

  it('says that it is the ledger that does not take the new task', async () => {
    const task = defineTask({
      queueName: 'test:broken',
      schema: z.object({}),
      handler: async () => err(TaskError.fatal('broken')),
    });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const worker = await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    await worker.stop();
    await sharedTaskLedger(bench.appConfig)?.close();

    expect((await bench.inspector.retry(id))._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-unavailable',
      message: expect.stringMatching(/^the ledger's database is closed/),
    });
    await closeSharedLedgers();
    await bench.redis.hset(bench.queue(task).toKey(id), 'retryClaimedAt', '5'); // as if it had been long ago
    expect(await setup.countRows()).toBe(1);
    const newId = (await bench.inspector.retry(id))._unsafeUnwrap();
    expect(await setup.row(newId)).toMatchObject({ retried_from: id });
  });
});
