import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { SQL } from 'bun';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { createTaskScheduler } from './TaskScheduler';

const task = defineTask({
  queueName: 'orders:pack',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }) => ok(n),
});

const setup = async (others: readonly TaskDefinition<unknown>[] = []) => {
  const ledger = await createLedgerTaskBench('sqlite', { tasks: [task, ...others] });
  const sql = new SQL(ledger.url);
  const schedule = (transaction: CallerTransaction, n: number) =>
    ledger.bench.scheduler.within(transaction).schedule(CorrelationId(), task, { n });
  const waitingCount = () => ledger.bench.queue(task).getPrioritizedCount();
  return {
    ...ledger,
    sql,
    schedule,
    waitingCount,
    [Symbol.asyncDispose]: async () => {
      await sql.close();
      await ledger[Symbol.asyncDispose]();
    },
  };
};

describe('within', () => {
  it('puts nothing on a queue before the commit, and everything then', async () => {
    await using test = await setup();
    await test.bench.schedule(task, { n: 0 });
    await test.sql.begin('immediate', async (tx) => {
      for (const n of [1, 2]) (await test.schedule(tx, n))._unsafeUnwrap();
      await Bun.sleep(30); // long enough for a look at what is committed
      expect(await test.waitingCount()).toBe(1);
    });
    await until(async () => (await test.waitingCount()) === 3);

    expect(await test.countRows()).toBe(3);
  });

  it('schedules in a savepoint with a scheduler that is within the transaction', async () => {
    await using test = await setup();
    await test.bench.schedule(task, { n: 0 });
    await test.sql.begin('immediate', async (tx) => {
      const scheduler = test.bench.scheduler.within(tx);
      const schedule = (savepoint: CallerTransaction, n: number) =>
        scheduler.within(savepoint).schedule(CorrelationId(), task, { n });
      await tx.savepoint(async (savepoint) => (await schedule(savepoint, 1))._unsafeUnwrap());
      const undone = tx.savepoint(async (savepoint) => {
        (await schedule(savepoint, 2))._unsafeUnwrap();
        throw new Error('sold out');
      });
      await undone.catch(() => undefined);
    });
    await until(async () => (await test.waitingCount()) === 2);

    expect(await test.countRows()).toBe(2);
  });

  it('leaves nothing of a transaction that is rolled back', async () => {
    await using test = await setup();
    await test.bench.schedule(task, { n: 0 });
    const rolledBack = test.sql.begin('immediate', async (tx) => {
      (await test.schedule(tx, 1))._unsafeUnwrap();
      throw new Error('sold out');
    });

    expect(rolledBack).rejects.toThrow('sold out');
    await rolledBack.catch(() => undefined);
    await test.bench.schedule(task, { n: 2 });
    expect([await test.countRows(), await test.waitingCount()]).toEqual([2, 2]);
  });

  it('lets the handle of a debounced task that lost tell which task stands for it', async () => {
    const debounced = defineTask({
      queueName: 'orders:debounced',
      schema: z.object({ n: z.number() }),
      handler: async ({ n }) => ok(n),
      options: { debounce: { windowMs: 60_000, key: () => 'all' } },
    });
    await using test = await setup([debounced]);
    await test.bench.schedule(task, { n: 0 });
    const schedule = (tx: CallerTransaction, n: number) =>
      test.bench.scheduler.within(tx).schedule(CorrelationId(), debounced, { n });
    const handles = await test.sql.begin('immediate', async (tx) => [
      (await schedule(tx, 1))._unsafeUnwrap(),
      (await schedule(tx, 2))._unsafeUnwrap(),
    ]);
    const rows = () => Promise.all(handles.map(({ id }) => test.row(id)));
    await until(async () => (await rows()).some((row) => row?.['status'] === 'cancelled'));

    expect(handles.map(({ disposition }) => disposition)).toEqual(['created', 'created']);
    const statuses = await Promise.all(
      handles.map(async (handle) => (await handle.status())._unsafeUnwrap()),
    );
    expect(statuses.toSorted()).toEqual(['cancelled', 'scheduled']);
    const kept = handles[statuses.indexOf('scheduled')];
    const ended = await Promise.all(handles.map((handle) => handle.result({ timeoutMs: 500 })));
    expect(ended.map((end) => end._unsafeUnwrapErr().code).toSorted()).toEqual(['cancelled', 'timed-out']);
    expect((await rows()).map((row) => row?.['cancel_reason'])).toContain(
      `the task ${kept?.id} stands for it: it waited under the same debounce key`,
    );
  });

  it('hears of the commit from the client that says so', async () => {
    await using test = await setup();
    await test.bench.schedule(task, { n: 0 });
    const callbacks: (() => void)[] = [];
    await test.sql.begin('immediate', async (tx) => {
      const adapter: CallerTransaction = {
        query: (text, values) => tx.unsafe(text, values),
        afterCommit: (callback) => callbacks.push(callback),
      };
      (await test.schedule(adapter, 1))._unsafeUnwrap();
    });
    for (const callback of callbacks) callback();
    await until(async () => (await test.waitingCount()) === 2);

    expect(callbacks).toHaveLength(1);
  });

  it('refuses what is no transaction, and a recurring schedule', async () => {
    await using test = await setup();
    const given = test.sql as unknown as CallerTransaction; // the most likely mistake
    const error = (await test.schedule(given, 1))._unsafeUnwrapErr();
    const recurring = await test.bench.scheduler
      .within({ query: async () => [] })
      .scheduleRecurring(CorrelationId(), task, { n: 1 }, { everyMs: 60_000 });

    expect(error.code).toBe('ledger-refused');
    expect(error.message).toContain('expected an open transaction');
    expect(recurring._unsafeUnwrapErr()).toMatchObject({ code: 'invalid-options' });
  });

  it('says that a worker has to be started first on a SQLite file that no ledger was opened on', async () => {
    await using test = await setup();
    const error = await test.sql.begin('immediate', async (tx) =>
      (await test.schedule(tx, 1))._unsafeUnwrapErr(),
    );

    expect(error).toMatchObject({ code: 'ledger-schema' });
    expect(error.message).toContain('no worker has ever been started on it');
  });

  it('needs a ledger', async () => {
    await using bench = await createTaskBench({ tasks: [task], env: { LEDGER_URL: 'off' } });
    const { appConfig, logger } = bench;
    const scheduler = createTaskScheduler({ appConfig, logger }).within({ query: async () => [] });

    expect((await scheduler.schedule(CorrelationId(), task, { n: 1 }))._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-disabled',
      message: expect.stringContaining(
        'expected LEDGER_URL to name a database for within(transaction), got "off"',
      ),
    });
  });

  it('refuses a recurring schedule without a ledger too', async () => {
    await using bench = await createTaskBench({ tasks: [task], env: { LEDGER_URL: 'off' } });
    const { appConfig, logger } = bench;
    const scheduler = createTaskScheduler({ appConfig, logger }).within({ query: async () => [] });
    const kept = await scheduler.scheduleRecurring(CorrelationId(), task, { n: 1 }, { everyMs: 60_000 });

    expect(kept._unsafeUnwrapErr().code).toBe('invalid-options');
    expect((await bench.keys()).filter((key) => key.includes('schedule'))).toEqual([]);
  });
});
