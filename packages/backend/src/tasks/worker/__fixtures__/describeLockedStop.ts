import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { SQL } from 'bun';
import { closeSharedLedgers } from '../../ledger/sharedTaskLedger';
import { recordTask } from './fixtureTasks';
import { createWorkerBench } from './WorkerBench';

const DRAIN_MS = 300;

const RELAY_INTERVAL_MS = 20;

const API_PATH = join(import.meta.dir, '../../../api.ts');

const LOCKS = {
  sqlite: ['PRAGMA busy_timeout = 5000', 'BEGIN EXCLUSIVE'],
  postgres: ['BEGIN', 'LOCK TABLE drover.tasks, drover.task_attempts IN ACCESS EXCLUSIVE MODE'],
} as const satisfies Record<SqlDialect, readonly string[]>;

/** Keeps everybody else from the ledger until it is disposed of. */
const lockLedger = async (dialect: SqlDialect, url: string): Promise<AsyncDisposable> => {
  const sql = new SQL(url, { max: 1 });
  const reserved = dialect === 'postgres' ? await sql.reserve() : undefined;
  const connection = reserved ?? sql;
  for (const statement of LOCKS[dialect]) await connection.unsafe(statement);
  return {
    [Symbol.asyncDispose]: async () => {
      await connection.unsafe('ROLLBACK');
      reserved?.release();
      await sql.close({ timeout: 0 });
    },
  };
};

/** What worker and API processes promise that stop while somebody keeps the ledger locked, on one database. */
export const describeLockedStop = (dialect: SqlDialect): void => {
  describe(`a worker process that stops while its ledger is locked, on ${dialect}`, () => {
    it('exits with 0 within drain + 2 s, however long the ledger may take for an answer', async () => {
      await using database = await createTestDatabase(dialect);
      await using bench = await createWorkerBench({
        LEDGER_URL: database.url,
        LEDGER_DEADLINE_MS: '15000',
        WORKER_DRAIN_TIMEOUT_MS: String(DRAIN_MS),
      });
      const worker = await bench.startWorker();
      const schedule = async (n: number, ms: number) =>
        (await bench.scheduler.schedule(CorrelationId(), recordTask, { n, ms }))._unsafeUnwrap();
      await schedule(1, 400);
      await schedule(2, 60_000);
      const lines = async (event: string) =>
        (await bench.evidence()).filter((line) => line.event === event).length;
      await until(async () => (await lines('start')) === 2);
      await closeSharedLedgers();
      await using _lock = await lockLedger(dialect, database.url);
      await until(async () => (await lines('end')) === 1);

      const stoppedAtMs = performance.now();
      worker.kill('SIGTERM');

      expect(await worker.exited).toBe(0);
      expect(performance.now() - stoppedAtMs).toBeLessThan(DRAIN_MS + 2000);
    }, 60_000);
  });

  describe(`an API process that stops while its ledger is locked, on ${dialect}`, () => {
    it('exits with 0 within 5 s, however long the ledger may take for an answer', async () => {
      await using database = await createTestDatabase(dialect);
      const environment = {
        ...{ LEDGER_URL: database.url, LEDGER_DEADLINE_MS: '15000' },
        LEDGER_RELAY_INTERVAL_MS: String(RELAY_INTERVAL_MS),
        PORT: '0',
      };
      await using bench = await createWorkerBench(environment, { workerPath: API_PATH, tasks: [recordTask] });
      // There is something to lock.
      (await bench.scheduler.schedule(CorrelationId(), recordTask, { n: 1, ms: 0 }))._unsafeUnwrap();
      await closeSharedLedgers();
      const api = bench.spawnWorker();
      await until(async () => (await api.output()).includes('HTTP server listens'));
      await using _lock = await lockLedger(dialect, database.url);
      await Bun.sleep(10 * RELAY_INTERVAL_MS); // nobody sees from outside that the relay waits

      const stoppedAtMs = performance.now();
      api.kill('SIGTERM');

      expect(await api.exited).toBe(0);
      expect(performance.now() - stoppedAtMs).toBeLessThan(5000);
    }, 60_000);
  });
};
