import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { createLedgerTaskBench } from './LedgerTaskBench';

const schema = z.object({ n: z.number() });

/** What is written down of a task in each turn of its life, on one database. */
export const describeLedger = (dialect: SqlDialect): void => {
  describe(`a task in the ledger on ${dialect}`, () => {
    it('is there before its job, and ends there with its result and its attempts', async () => {
      const task = defineTask({
        queueName: 'test:life',
        schema,
        handler: async ({ n }, { attempt }) =>
          attempt < 2 ? err(new TaskError('not yet', { n })) : ok({ doubled: 2 * n }),
        options: {
          priority: 'high',
          maxAttempts: 5,
          retry: { backoff: 'fixed', initialDelayMs: 0, jitter: false },
        },
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const correlationId = CorrelationId();
      const userId = UserId();
      const options = { userId, metadata: { tenant: 'a' } };
      const scheduled = await bench.scheduler.schedule(correlationId, task, { n: 4 }, options);
      const { id } = scheduled._unsafeUnwrap();

      expect(await setup.row(id)).toMatchObject({
        task_type: 'test:life',
        payload: '{"n":4}',
        status: 'pending',
        priority: 75,
        max_attempts: 5,
        current_attempt: 0,
        created_by: userId,
        metadata: '{"tenant":"a"}',
        correlation_id: correlationId,
      });
      await bench.startWorker({ id: 'w1' });
      await bench.ended(id);
      expect(await setup.row(id)).toMatchObject({
        status: 'completed',
        current_attempt: 2,
        last_error: 'not yet',
        result: '{"doubled":8}',
        worker_id: 'w1',
      });
      expect(await setup.attempts(id)).toEqual([
        [1, 'retry'],
        [2, 'completed'],
      ]);
    });

    it('ends there before BullMQ is told, and is acknowledged without a run when it comes again', async () => {
      let runCount = 0;
      const task = defineTask({
        queueName: 'test:again',
        schema,
        handler: async ({ n }) => {
          runCount += 1;
          return ok(n);
        },
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const id = await bench.schedule(task, { n: 1 }, { delayMs: 60_000 });
      // As after a worker that died between the two.
      await setup.database.query(
        `UPDATE ${dialect === 'postgres' ? 'drover.tasks' : 'tasks'} SET status = 'completed', result = '7', completed_at = 1 WHERE id = $1`,
        [id],
      );
      await (await bench.queue(task).getJob(id))?.promote();
      await bench.startWorker();
      await until(async () => (await bench.queue(task).getCompletedCount()) === 1);

      expect(runCount).toBe(0);
      expect((await bench.queue(task).getJob(id))?.returnvalue).toBe(7);
      expect(bench.messages(id)).toEqual(['Task had ended already; it was acknowledged without a run']);
    });

    it('is told to run when it has run for a moment, and keeps an attempt whose worker died', async () => {
      const gate = Promise.withResolvers<void>();
      const task = defineTask({
        queueName: 'test:long',
        schema,
        handler: async ({ n }) => {
          await gate.promise;
          return ok(n);
        },
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      await bench.startWorker({ id: 'w1' });
      const id = await bench.schedule(task, { n: 1 });
      await until(async () => (await setup.row(id))?.['status'] === 'running');
      expect(await setup.row(id)).toMatchObject({ current_attempt: 1, worker_id: 'w1', completed_at: null });
      gate.resolve();
      await bench.ended(id);
      expect((await setup.row(id))?.['status']).toBe('completed');
    });

    it('is cancelled there as on its queue, also when no queue holds it', async () => {
      const task = defineTask({ queueName: 'test:cancelled', schema, handler: async ({ n }) => ok(n) });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const held = await bench.schedule(task, { n: 1 });
      const lost = await bench.schedule(task, { n: 2 });
      await bench.queue(task).remove(lost);

      expect((await bench.inspector.cancel(held, 'not needed'))._unsafeUnwrap().status).toBe('cancelled');
      expect((await bench.inspector.cancel(lost, 'nor this'))._unsafeUnwrap().status).toBe('cancelled');
      expect(await setup.row(held)).toMatchObject({ status: 'cancelled', cancel_reason: 'not needed' });
      expect(await setup.row(lost)).toMatchObject({ status: 'cancelled', cancel_reason: 'nor this' });
    });

    it('is done again as a row of its own', async () => {
      const task = defineTask({
        queueName: 'test:retried',
        schema,
        handler: async ({ n }, { metadata }) =>
          metadata['fails'] === true ? err(TaskError.fatal('no')) : ok(n),
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const worker = await bench.startWorker();
      const id = await bench.schedule(task, { n: 1 }, { metadata: { fails: true } });
      await bench.ended(id);
      await worker.stop();
      const retriedAs = (await bench.inspector.retry(id))._unsafeUnwrap();

      expect(await setup.row(retriedAs)).toMatchObject({ retried_from: id, status: 'pending' });
      expect(await setup.row(id)).toMatchObject({ status: 'failed', last_error: 'no' });
      expect(await setup.countRows()).toBe(2);
    });

    it('is one for all calls with its key, whatever Redis knows', async () => {
      const task = defineTask({ queueName: 'test:key', schema, handler: async ({ n }) => ok(n) });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const call = async (n: number) => {
        const options = { idempotencyKey: 'order 7' };
        const scheduled = await bench.scheduler.schedule(CorrelationId(), task, { n }, options);
        const { id, disposition } = scheduled._unsafeUnwrap();
        return { id, disposition };
      };
      const first = await call(1);
      const keys = await bench.keys();
      await bench.redis.del(keys);

      expect(first.disposition).toBe('created');
      expect(await call(2)).toEqual({ id: first.id, disposition: 'duplicate' });
      expect(await setup.countRows()).toBe(1);
    });

    it('that was debounced into another one leaves its payload there, and no row', async () => {
      const task = defineTask({
        queueName: 'test:debounced',
        schema,
        handler: async ({ n }) => ok(n),
        options: { debounce: { windowMs: 60_000, key: () => 'all' } },
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const id = await bench.schedule(task, { n: 1 });
      const again = await bench.schedule(task, { n: 2 });

      expect(again).toBe(id);
      expect(await setup.countRows()).toBe(1);
      expect((await setup.row(id))?.['payload']).toBe('{"n":2}');
    });

    it('is run again when somebody puts it back after its failure, and only for that failure', async () => {
      let runCount = 0;
      const task = defineTask({
        queueName: 'test:put-back',
        schema,
        handler: async () => {
          runCount += 1;
          return err(TaskError.fatal(`run ${runCount}`));
        },
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const tasksTable = dialect === 'postgres' ? 'drover.tasks' : 'tasks';
      await bench.startWorker();
      const id = await bench.schedule(task, { n: 1 });
      await bench.ended(id);
      const queue = bench.queue(task);
      await (await queue.getJob(id))?.retry('failed');
      await until(async () => (await setup.row(id))?.['last_error'] === 'run 2');
      await until(async () => (await queue.getFailedCount()) === 1);
      // As if the ledger had a failure that BullMQ was never told of.
      await setup.database.query(
        `UPDATE ${tasksTable} SET completed_at = completed_at + 60000 WHERE id = $1`,
        [id],
      );
      await (await queue.getJob(id))?.retry('failed');
      await until(async () =>
        bench.messages(id).some((message) => message.includes('acknowledged without a run')),
      );

      expect(runCount).toBe(2);
    });

    it('is written down by its worker when it was scheduled without the ledger', async () => {
      const task = defineTask({ queueName: 'test:late', schema, handler: async ({ n }) => ok(n) });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = setup;
      const id = await bench.schedule(task, { n: 3 }, { delayMs: 60_000 });
      await setup.database.query(`DELETE FROM ${dialect === 'postgres' ? 'drover.tasks' : 'tasks'}`);
      await (await bench.queue(task).getJob(id))?.promote();
      await bench.startWorker();
      await bench.ended(id);

      expect(await setup.row(id)).toMatchObject({ status: 'completed', payload: '{"n":3}', result: '3' });
    });
  });

  describe(`ctx.completeWithin on ${dialect}`, () => {
    const effects = dialect === 'postgres' ? 'public.effects' : 'effects';

    it('completes the task in the transaction, whatever becomes of the attempt then', async () => {
      const opened: { database?: Awaited<ReturnType<typeof createLedgerTaskBench>>['database'] } = {};
      const task = defineTask({
        queueName: 'test:within',
        schema,
        handler: async ({ n }, ctx) => {
          await opened.database?.transaction(async (transaction) => {
            await transaction.query(`INSERT INTO ${effects} (n) VALUES ($1)`, [n]);
            await ctx.completeWithin({ query: (text, values) => transaction.query(text, values) }, { n });
          });
          return err(new TaskError('the line after the commit failed'));
        },
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      opened.database = setup.database;
      await setup.database.query(`CREATE TABLE ${effects} (n INTEGER)`);
      await setup.bench.startWorker();
      const id = await setup.bench.schedule(task, { n: 5 });
      const record = await setup.bench.ended(id);

      expect(record).toMatchObject({ status: 'completed', value: { n: 5 } });
      expect(await setup.database.query(`SELECT n FROM ${effects}`)).toHaveLength(1);
      expect(await setup.attempts(id)).toEqual([[1, 'completed']]);
      expect(setup.bench.messages(id)).toEqual([
        'Task had ended already; what this attempt came to counts for nothing',
        'Task completed',
      ]);
    });

    it('rejects a second call, so that the transaction is rolled back', async () => {
      const opened: { database?: Awaited<ReturnType<typeof createLedgerTaskBench>>['database'] } = {};
      const seen: string[] = [];
      const task = defineTask({
        queueName: 'test:twice',
        schema,
        handler: async ({ n }, ctx) => {
          const complete = () =>
            opened.database?.transaction(async (transaction) => {
              await transaction.query(`INSERT INTO ${effects} (n) VALUES ($1)`, [n]);
              await ctx.completeWithin({ query: (text, values) => transaction.query(text, values) }, n);
            });
          await complete();
          await complete()?.catch((error: unknown) => seen.push(String(error)));
          return ok(n);
        },
      });
      await using setup = await createLedgerTaskBench(dialect, { tasks: [task] });
      opened.database = setup.database;
      await setup.database.query(`CREATE TABLE ${effects} (n INTEGER)`);
      await setup.bench.startWorker();
      await setup.bench.ended(await setup.bench.schedule(task, { n: 5 }));

      expect(seen).toEqual([
        'TaskError: expected ctx.completeWithin to be called once, got a second call: this attempt has completed the task already',
      ]);
      expect(await setup.database.query(`SELECT n FROM ${effects}`)).toHaveLength(1);
    });
  });
};
