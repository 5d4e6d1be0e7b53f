import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';

const task = defineTask({
  queueName: 'test:kept',
  schema: z.object({ n: z.number() }),
  output: z.number(),
  handler: async ({ n }) => (n < 0 ? err(TaskError.fatal('negative')) : ok(n)),
});

/** A task that Redis has forgotten. */
const setup = async (n: number, { hasRun = true } = {}) => {
  const ledger = await createLedgerTaskBench('sqlite', { tasks: [task] });
  const { bench } = ledger;
  const handle = (await bench.scheduler.schedule(CorrelationId(), task, { n }))._unsafeUnwrap();
  if (hasRun) {
    const worker = await bench.startWorker();
    await bench.ended(handle.id);
    await worker.stop();
  }
  await bench.redis.del(await bench.keys());
  return { ledger, handle };
};

describe('a handle of a task that Redis has forgotten', () => {
  it('has its result', async () => {
    const { ledger, handle } = await setup(7);
    await using _ = ledger;

    expect((await handle.result({ timeoutMs: 1000 }))._unsafeUnwrap()).toBe(7);
    expect((await handle.status())._unsafeUnwrap()).toBe('completed');
    expect(await Array.fromAsync(handle.events({ timeoutMs: 1000 }))).toEqual([{ status: 'completed' }]);
  });

  it('has its error', async () => {
    const { ledger, handle } = await setup(-1);
    await using _ = ledger;

    expect((await handle.result({ timeoutMs: 1000 }))._unsafeUnwrapErr()).toMatchObject({
      code: 'failed',
      failure: { message: 'negative', reason: 'fatal' },
    });
  });

  it('knows that it is still to come', async () => {
    const { ledger, handle } = await setup(1, { hasRun: false });
    await using _ = ledger;

    expect((await handle.status())._unsafeUnwrap()).toBe('pending');
    expect((await handle.result({ timeoutMs: 50 }))._unsafeUnwrapErr().code).toBe('timed-out');
    expect((await handle.cancel('not needed'))._unsafeUnwrap().status).toBe('cancelled');
    expect((await handle.result({ timeoutMs: 1000 }))._unsafeUnwrapErr().code).toBe('cancelled');
  });
});

describe('a handle of the wrong definition', () => {
  const other = defineTask({
    queueName: 'test:other',
    schema: z.object({}),
    handler: async () => ok('other'),
  });

  it('knows neither the result nor the status of a task that has ended', async () => {
    const { ledger, handle } = await setup(7);
    await using _ = ledger;
    const wrong = ledger.bench.scheduler.handle(other, handle.id);
    const events = await Array.fromAsync(wrong.events({ timeoutMs: 1000 }));

    expect((await wrong.result({ timeoutMs: 1000 }))._unsafeUnwrapErr().code).toBe('removed');
    expect((await wrong.status())._unsafeUnwrapErr().code).toBe('removed');
    expect(events).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: 'removed' }) }),
    ]);
  });

  it('cancels nothing', async () => {
    await using ledger = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const id = await ledger.bench.schedule(task, { n: 1 });
    const refused = await ledger.bench.scheduler.handle(other, id).cancel();

    expect(refused._unsafeUnwrapErr().code).toBe('not-found');
    expect((await ledger.row(id))?.['status']).toBe('pending');
    await ledger.bench.startWorker();
    expect((await ledger.bench.ended(id)).value).toBe(1);
  });
});
