import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { SQL } from 'bun';
import { closeSharedLedgers } from '../../ledger/sharedTaskLedger';
import { recordTask } from '../../worker/__fixtures__/fixtureTasks';
import { createWorkerBench } from '../../worker/__fixtures__/WorkerBench';

const SCRIPT = join(import.meta.dir, 'scheduleWithin.ts');

/** Runs the script with its arguments on an empty ledger that nobody else looks after. */
const setup = async (dialect: SqlDialect, env: Readonly<Record<string, string>> = {}) => {
  const database = await createTestDatabase(dialect);
  const bench = await createWorkerBench({ LEDGER_URL: database.url });
  // Makes the tables.
  (await bench.scheduler.schedule(CorrelationId(), recordTask, { n: -1, ms: 0 }))._unsafeUnwrap();
  const { redisUrl = '' } = bench.appConfig;
  return {
    run: async (...args: readonly string[]) => {
      const startedAtMs = performance.now();
      const child = Bun.spawn([process.execPath, '--no-install', SCRIPT, ...args], {
        env: { ...process.env, NODE_ENV: 'test', REDIS_URL: redisUrl, LEDGER_URL: database.url, ...env },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      return { code: await child.exited, tookMs: performance.now() - startedAtMs };
    },
    /** Tasks that are on their queue; rows; and rows of which is written that their task is on its queue. */
    counts: async () => {
      await closeSharedLedgers();
      const sql = new SQL(database.url);
      const table = dialect === 'sqlite' ? 'tasks' : 'drover.tasks';
      const rows: { published_at: unknown }[] = await sql.unsafe(`SELECT published_at FROM ${table}`);
      await sql.close();
      const depth = (await bench.inspector.getQueueDepth(recordTask.queueName))._unsafeUnwrap();
      return [depth.pending, rows.length, rows.filter((row) => row.published_at !== null).length];
    },
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      await closeSharedLedgers();
      await database[Symbol.asyncDispose]();
    },
  };
};

/** What becomes of the tasks of a process that schedules them in transactions and then ends by itself, on one database. */
export const describeScriptEnd = (dialect: SqlDialect): void => {
  describe(`a script that schedules within transactions and ends by itself, on ${dialect}`, () => {
    it.each([1, 300])(
      'leaves nothing of %i tasks to the relay',
      async (count) => {
        await using test = await setup(dialect);

        expect((await test.run(String(count))).code).toBe(0);
        expect(await test.counts()).toEqual([count + 1, count + 1, count + 1]);
      },
      30_000,
    );

    it('waits for nothing when it has rolled back', async () => {
      await using test = await setup(dialect);

      const { code, tookMs } = await test.run('3', 'rolled back');

      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(5000);
      expect(await test.counts()).toEqual([1, 1, 1]);
    }, 30_000);

    it('ends all the same when Redis is away, and leaves the tasks to the relay', async () => {
      await using test = await setup(dialect, { REDIS_URL: 'redis://127.0.0.1:1', LEDGER_RELAY_BATCH: '10' });

      const { code, tookMs } = await test.run('300');

      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(10_000);
      expect(await test.counts()).toEqual([1, 301, 1]);
    }, 30_000);
  });
};
