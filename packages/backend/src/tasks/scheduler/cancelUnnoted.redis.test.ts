import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';

const task = defineTask({ queueName: 'test:unnoted', schema: z.object({}), handler: async () => ok() });

const failing = defineTask({
  queueName: 'test:unnoted-failure',
  schema: z.object({}),
  handler: async () => err(TaskError.fatal('out of paper')),
});

/** A task that is far from due, and a database that others may hold. */
const setup = async (env: Readonly<Record<string, string>> = {}) => {
  const ledger = await createLedgerTaskBench('sqlite', {
    tasks: [task, failing],
    env: { LEDGER_DEADLINE_MS: '200', ...env },
  });
  const { bench, database } = ledger;
  const scheduled = await bench.scheduler.schedule(CorrelationId(), task, {}, { delayMs: 60_000 });
  const handle = scheduled._unsafeUnwrap();
  await until(async () => (await ledger.row(handle.id))?.['published_at'] !== null);
  /** While another one writes, the ledger cannot. */
  const whileHeld = <T>(work: () => Promise<T>): Promise<T> =>
    database.transaction(async (executor) => {
      await executor.query('UPDATE tasks SET priority = priority');
      return work();
    });
  const status = async (id = handle.id) => (await ledger.row(id))?.['status'];
  return { bench, handle, whileHeld, status, [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() };
};

describe('a cancellation that the ledger is not told of', () => {
  it('is an error, until a call has told it', async () => {
    await using test = await setup();
    const { handle } = test;
    const refused = await test.whileHeld(() => handle.cancel('sold out'));

    expect(refused._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-unavailable',
      message: expect.stringMatching(
        /^the task \S+ is cancelled on its queue, and the ledger could not be told: .*; call again$/,
      ),
      metadata: { status: 'cancelled' },
    });
    expect(await test.status()).toBe('scheduled');
    expect((await handle.cancel())._unsafeUnwrap()).toMatchObject({
      status: 'cancelled',
      cancelReason: 'sold out',
    });
    expect(await test.status()).toBe('cancelled');
  });

  it('is an error of a task too that was put back after its failure, until a call has told it', async () => {
    await using test = await setup();
    const { bench } = test;
    const id = await bench.schedule(failing, {});
    const worker = await bench.startWorker();
    await bench.ended(id);
    await worker.stop();
    await (await bench.queue(failing).getJob(id))?.retry('failed');
    const refused = await test.whileHeld(() => bench.scheduler.handle(failing, id).cancel('sold out'));

    expect(refused._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-unavailable',
      metadata: { status: 'cancelled' },
    });
    expect(await test.status(id)).toBe('failed');
    expect((await bench.inspector.cancel(id))._unsafeUnwrap()).toMatchObject({
      status: 'cancelled',
      cancelReason: 'sold out',
    });
    expect(await test.status(id)).toBe('cancelled');
  });

  it('is an error of the inspector too', async () => {
    await using test = await setup();
    const refused = await test.whileHeld(() => test.bench.inspector.cancel(test.handle.id));

    expect(refused._unsafeUnwrapErr().code).toBe('ledger-unavailable');
  });

  it('is none where tasks go without the ledger when it is away', async () => {
    await using test = await setup({ LEDGER_REQUIRED: 'false' });
    const cancelled = await test.whileHeld(() => test.handle.cancel());

    expect(cancelled._unsafeUnwrap().status).toBe('cancelled');
  });

  it('is not "not-found" when the ledger alone may have the task', async () => {
    await using test = await setup();
    await test.bench.redis.del(await test.bench.keys());
    const refused = await test.whileHeld(() => test.handle.cancel());

    expect(refused._unsafeUnwrapErr()).toMatchObject({ code: 'ledger-unavailable', metadata: {} });
    expect(refused._unsafeUnwrapErr().metadata).not.toHaveProperty('status');
  });
});
