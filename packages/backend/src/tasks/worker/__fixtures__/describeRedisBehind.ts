import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { copyQueues } from './copyQueues';
import { createLedgerTaskBench } from './LedgerTaskBench';

const FAR_MS = 600_000;

/** What becomes of tasks when Redis has gone back in time and the ledger has not, on one database. */
export const describeRedisBehind = (dialect: SqlDialect): void => {
  describe(`a task whose attempts Redis has forgotten, on ${dialect}`, () => {
    const setup = async () => {
      const seen: number[] = [];
      const task = defineTask({
        queueName: 'test:forgotten-attempts',
        schema: z.object({}),
        handler: async (_payload, { attempt }) => {
          seen.push(attempt);
          return err(new TaskError(`failure ${seen.length}`));
        },
        options: { maxAttempts: 2, backoffMs: FAR_MS },
      });
      const ledger = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = ledger;
      const id = await bench.schedule(task, {});
      const goBack = await copyQueues(bench);
      const worker = await bench.startWorker();
      await until(async () => (await ledger.row(id))?.['status'] === 'retrying');
      await bench.reaches(id, 'retrying');
      await worker.stop();
      await goBack();
      return { ledger, bench, task, id, seen, [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() };
    };

    it('goes on with the next one, and has no more than it may have', async () => {
      await using test = await setup();
      const { bench, id, ledger, seen } = test;
      expect(await bench.record(id)).toMatchObject({ status: 'pending', attempt: 0 });
      await bench.startWorker();
      const ended = await bench.ended(id);

      expect(seen).toEqual([1, 2]);
      expect(ended).toMatchObject({
        status: 'failed',
        attempt: 2,
        error: { reason: 'exhausted', attempt: 2 },
      });
      expect(await ledger.row(id)).toMatchObject({ status: 'failed', current_attempt: 2 });
      expect(await ledger.attempts(id)).toEqual([
        [1, 'retry'],
        [2, 'failed'],
      ]);
    });

    it('begins anew when somebody puts it back after its failure', async () => {
      await using test = await setup();
      const { bench, id, task, seen } = test;
      await bench.startWorker();
      await bench.ended(id);
      const queue = bench.queue(task);
      await until(async () => (await queue.getFailedCount()) === 1);
      await (await queue.getJob(id))?.retry('failed', { resetAttemptsMade: true });
      await bench.reaches(id, 'retrying');

      expect(seen).toEqual([1, 2, 1]);
    });
  });

  describe(`a task whose crashes Redis has forgotten, on ${dialect}`, () => {
    it('has its further crashes counted on from those that the ledger knows', async () => {
      const seen: number[] = [];
      const task = defineTask({
        queueName: 'test:forgotten-crashes',
        schema: z.object({}),
        handler: async (_payload, { attempt }) => {
          seen.push(attempt);
          if (attempt < 3) await new Promise(() => undefined);
          return ok();
        },
      });
      const env = { WORKER_STALLED_INTERVAL_MS: '100' };
      await using ledger = await createLedgerTaskBench(dialect, { tasks: [task], env });
      const { bench } = ledger;
      const id = await bench.schedule(task, {});
      await ledger.pretendToRun(id, 1);
      await ledger.pretendToCrash(id, 1);
      await ledger.pretendToRun(id, 2);
      const job = bench.queue(task).toKey(id);
      const countCrashes = () => bench.redis.hget(job, 'stc');
      const worker = await bench.startWorker({ drainTimeoutMs: 1 });
      await until(async () => seen.length === 1);
      expect(await countCrashes()).toBe('1');

      // The worker dies: its job is active and locked no more, and its attempt runs as far as the ledger knows.
      const goBack = await copyQueues(bench);
      await worker.stop();
      await goBack();
      await bench.redis.del(`${job}:lock`);
      await ledger.pretendToRun(id, 2);
      await bench.startWorker();
      const ended = await bench.ended(id);

      expect(seen).toEqual([2, 3]);
      expect([ended.status, await countCrashes()]).toEqual(['completed', '2']);
      const crashed = (await ledger.attempts(id)).filter(([, outcome]) => outcome === 'crashed');
      expect(crashed.map(([number]) => number).toSorted()).toEqual([1, 2]);
    });
  });

  describe(`a task whose end Redis has forgotten, on ${dialect}`, () => {
    const setup = async (does: 'pass' | 'fail') => {
      const counts = { runs: 0 };
      const task = defineTask({
        queueName: 'test:forgotten-end',
        schema: z.object({}),
        handler: async () => {
          counts.runs += 1;
          return does === 'pass' ? ok(counts.runs) : err(TaskError.fatal('out of paper'));
        },
      });
      const ledger = await createLedgerTaskBench(dialect, { tasks: [task] });
      const { bench } = ledger;
      const id = await bench.schedule(task, {});
      const goBack = await copyQueues(bench);
      const worker = await bench.startWorker();
      await bench.ended(id);
      await worker.stop();
      const status = async () => (await ledger.row(id))?.['status'];
      const handle = bench.scheduler.handle(task, id);
      return {
        bench,
        task,
        id,
        counts,
        goBack,
        status,
        handle,
        [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
      };
    };

    it.each([
      ['pass', 'completed'],
      ['fail', 'failed'],
    ] as const)(
      'cannot be cancelled, whether its handler did %s, and is acknowledged without a run',
      async (does, ended) => {
        await using test = await setup(does);
        const { bench, id, handle } = test;
        await test.goBack();
        expect((await bench.record(id)).status).toBe('pending');
        const refusals = [await bench.inspector.cancel(id), await handle.cancel('no')];

        for (const refusal of refusals)
          expect(refusal._unsafeUnwrapErr()).toMatchObject({
            code: 'not-cancellable',
            metadata: { status: ended },
          });
        await bench.startWorker();
        expect((await bench.ended(id)).status).toBe(ended);
        expect([await test.status(), test.counts.runs]).toEqual([ended, 1]);
      },
    );

    it('tells its result to who has waited for it', async () => {
      await using test = await setup('pass');
      await test.goBack();

      expect(await test.handle.result({ timeoutMs: 50 })).toEqual(ok(1));
    });

    it('stays cancelled, for its first reason, wherever it is looked at', async () => {
      await using test = await setup('pass');
      const { bench, task } = test;
      const id = await bench.schedule(task, {}, { delayMs: FAR_MS });
      const goBack = await copyQueues(bench);
      (await bench.inspector.cancel(id, 'first'))._unsafeUnwrap();
      await goBack();
      expect((await bench.record(id)).status).toBe('scheduled');
      const cancelled = (await bench.inspector.cancel(id, 'second'))._unsafeUnwrap();

      expect(cancelled).toMatchObject({ status: 'cancelled', cancelReason: 'first' });
      expect(await bench.record(id)).toEqual(cancelled);
    });

    it('can be cancelled when somebody has put it back after its failure', async () => {
      await using test = await setup('fail');
      const { bench, id, task } = test;
      const queue = bench.queue(task);
      await (await queue.getJob(id))?.retry('failed');
      const cancelled = (await bench.inspector.cancel(id, 'no more'))._unsafeUnwrap();

      expect(cancelled).toMatchObject({ status: 'cancelled', cancelReason: 'no more' });
      expect(await test.status()).toBe('cancelled');
    });
  });
};
