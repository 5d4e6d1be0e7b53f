import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { call } from '../../domain/TaskChildren';
import { defineTask } from '../../domain/TaskDefinition';
import { type TaskId } from '../../domain/TaskId';
import { copyQueues } from './copyQueues';
import { createLedgerTaskBench } from './LedgerTaskBench';

/** A task that runs until it is told to stop, and of which Redis has lost everything. */
const setup = async (dialect: SqlDialect, env: Readonly<Record<string, string>> = {}) => {
  const reasons: string[] = [];
  const task = defineTask({
    queueName: 'test:lost-run',
    schema: z.object({}),
    handler: async (_payload, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(String(signal.reason.message));
      return ok('built');
    },
  });
  const ledger = await createLedgerTaskBench(dialect, { tasks: [task], env });
  const { bench } = ledger;
  const table = dialect === 'postgres' ? 'drover.tasks' : 'tasks';
  const isRunning = async (id: TaskId) => (await ledger.row(id))?.['status'] === 'running';
  const loseRedis = async () => void (await bench.redis.del(await bench.keys()));
  /** As of a worker that was killed. */
  const pretendToRun = async (id: TaskId) => {
    await ledger.database.query(
      `UPDATE ${table} SET status = 'running', current_attempt = 1, started_at = 1000, worker_id = 'dead' WHERE id = $1`,
      [id],
    );
  };
  return {
    bench,
    ledger,
    table,
    task,
    reasons,
    isRunning,
    loseRedis,
    pretendToRun,
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  };
};

/** How a task is cancelled that runs, as far as the ledger knows, and that no queue holds; on one database. */
export const describeLostCancel = (dialect: SqlDialect): void => {
  describe(`cancel of a task that runs and that Redis has lost, on ${dialect}`, () => {
    it('stops it at once where a worker has it', async () => {
      await using test = await setup(dialect);
      const { bench, ledger, reasons } = test;
      await bench.startWorker();
      const id = await bench.schedule(test.task, {});
      await until(() => test.isRunning(id));
      await test.loseRedis();
      const asked = (await bench.inspector.cancel(id, 'no longer wanted'))._unsafeUnwrap();
      await until(async () => (await ledger.row(id))?.['status'] === 'cancelled');

      expect(asked).toMatchObject({
        status: 'running',
        cancelRequestedAt: expect.any(Date),
        cancelReason: 'no longer wanted',
      });
      expect(reasons).toEqual(['the task was cancelled: no longer wanted']);
      expect(await ledger.row(id)).toMatchObject({ cancel_reason: 'no longer wanted' });
      expect((await bench.inspector.cancel(id, 'again'))._unsafeUnwrap()).toMatchObject({
        status: 'cancelled',
        cancelReason: 'no longer wanted',
      });
    });

    it('stops it at the next look of its worker when nobody told that', async () => {
      await using test = await setup(dialect, { WORKER_STALLED_INTERVAL_MS: '60' });
      const { bench, ledger } = test;
      await bench.startWorker();
      const id = await bench.schedule(test.task, {});
      await until(() => test.isRunning(id));
      await test.loseRedis();
      await ledger.database.query(`UPDATE ${test.table} SET cancel_requested_at = 5000 WHERE id = $1`, [id]);
      await until(async () => (await ledger.row(id))?.['status'] === 'cancelled');

      expect(test.reasons).toEqual(['the task was cancelled']);
    });

    it('stops the children of a parent with it', async () => {
      await using test = await setup(dialect);
      const { ledger, task } = test;
      const parent = defineTask({
        queueName: 'test:lost-parent',
        schema: z.object({}),
        handler: async (_payload, { children }) => {
          await children.run([call(task, {})]);
          return ok();
        },
      });
      const { bench } = test;
      await bench.startWorker({ tasks: [task, parent] });
      const id = await bench.schedule(parent, {});
      const childId = async () => {
        const [child] = await ledger.database.query(`SELECT id FROM ${test.table} WHERE parent_id = $1`, [
          id,
        ]);
        return String(child?.['id']) as TaskId; // ids are ours
      };
      await until(async () => (await test.isRunning(id)) && (await test.isRunning(await childId())));
      await test.loseRedis();
      (await bench.scheduler.handle(parent, id).cancel('no longer wanted'))._unsafeUnwrap();
      await until(async () => (await ledger.row(await childId()))?.['status'] === 'cancelled');

      expect((await ledger.row(id))?.['status']).toBe('cancelled');
      expect(test.reasons).toEqual([
        `the task was cancelled: its parent test:lost-parent ${id} has ended (cancelled)`,
      ]);
    });

    it('stops one too of which the ledger does not know yet that it runs', async () => {
      await using test = await setup(dialect);
      const { bench, reasons } = test;
      const begun = Promise.withResolvers<void>();
      const { handler: wait } = test.task;
      const task = {
        ...test.task,
        handler: (...args: Parameters<typeof wait>) => {
          begun.resolve();
          return wait(...args);
        },
      };
      await bench.startWorker({ tasks: [task] });
      const id = await bench.schedule(task, {});
      await begun.promise;
      await test.loseRedis();
      (await bench.inspector.cancel(id))._unsafeUnwrap();
      await until(async () => reasons.length === 1);

      expect(reasons).toEqual(['the task was cancelled']);
    });

    it('answers the same when it is called again, by a handle too, and why says what is so', async () => {
      await using test = await setup(dialect);
      const { bench, ledger } = test;
      const id = await bench.schedule(test.task, {});
      await test.loseRedis();
      await test.pretendToRun(id);
      const before = (await bench.inspector.why(id))._unsafeUnwrap();
      const asked = (await bench.inspector.cancel(id, 'first'))._unsafeUnwrap();
      const again = await bench.scheduler.handle(test.task, id).cancel('second');

      expect(again._unsafeUnwrap()).toEqual(asked);
      expect(before).toEqual({
        sentence: 'Attempt 1 runs since 1970-01-01T00:00:01.000Z.',
        facts: [
          { reason: 'running', attempt: 1, startedAt: new Date(1000) },
          { reason: 'not-on-queue', taskName: test.task.queueName },
        ],
      });
      const { cancelRequestedAt = new Date(0) } = asked;
      expect((await bench.inspector.why(id))._unsafeUnwrap().facts[2]).toEqual({
        reason: 'cancel-requested',
        cancelRequestedAt,
        cancelReason: 'first',
      });
      expect(await ledger.row(id)).toMatchObject({ status: 'running', cancel_reason: 'first' });
    });

    it('keeps it from being run when Redis has it again', async () => {
      await using test = await setup(dialect);
      const { bench, ledger } = test;
      const id = await bench.schedule(test.task, {});
      const goBack = await copyQueues(bench);
      await test.loseRedis();
      await test.pretendToRun(id);
      (await bench.inspector.cancel(id, 'too late'))._unsafeUnwrap();
      await goBack();
      await bench.startWorker();
      const ended = await bench.ended(id);

      expect(ended).toMatchObject({ status: 'cancelled', cancelReason: 'too late' });
      expect(test.reasons).toEqual([]);
      expect(await ledger.row(id)).toMatchObject({ status: 'cancelled', cancel_reason: 'too late' });
    });
  });
};
