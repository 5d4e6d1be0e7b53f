import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err } from 'neverthrow';
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
};
