import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { SQL } from 'bun';
import { type TaskId } from '../domain/TaskId';
import { closeSharedLedgers } from '../ledger/sharedTaskLedger';
import { createWorkerBench, type WorkerBench } from '../worker/__fixtures__/WorkerBench';

const SCRIPT = join(import.meta.dir, '__fixtures__', 'scheduleAtStart.ts');
const PROCESS_COUNT = 20;

/** A process that schedules under a key when it is let go. */
const startScheduling = ({ appConfig }: WorkerBench, key: string) => {
  const { redisUrl = '', ledgerUrl } = appConfig;
  const child = Bun.spawn([process.execPath, '--no-install', SCRIPT, key], {
    env: { ...process.env, NODE_ENV: 'test', REDIS_URL: redisUrl, LEDGER_URL: ledgerUrl },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const ready = Promise.withResolvers<void>();
  const read = async (): Promise<string> => {
    let text = '';
    for await (const chunk of child.stdout) {
      text += new TextDecoder().decode(chunk);
      if (text.startsWith('ready\n')) ready.resolve();
    }
    return text;
  };
  const output = read();
  return {
    ready: ready.promise,
    letGo: () => child.stdin.end(),
    handle: async () =>
      JSON.parse((await output).slice('ready\n'.length)) as { id: TaskId; disposition: string }, // as its script says
  };
};

const countRows = async (url: string): Promise<number> => {
  const sql = new SQL(url);
  const table = url.startsWith('sqlite') ? 'tasks' : 'drover.tasks';
  const rows = await sql.unsafe(`SELECT id FROM ${table}`);
  await sql.close();
  return rows.length;
};

describe('an idempotency key', () => {
  it.each(['sqlite', 'postgres'] as const)(
    'makes one task and one run of twenty processes that schedule at once, with a ledger on %s',
    async (dialect) => {
      await using database = await createTestDatabase(dialect);
      await using bench = await createWorkerBench({ LEDGER_URL: database.url });
      await bench.startWorker();
      const processes = Array.from({ length: PROCESS_COUNT }, () => startScheduling(bench, 'once'));
      await Promise.all(processes.map(({ ready }) => ready));
      for (const each of processes) each.letGo();
      const handles = await Promise.all(processes.map((each) => each.handle()));
      for (const { id } of handles)
        await until(async () => (await bench.inspector.getTask(id))._unsafeUnwrap().status === 'completed');
      const evidence = await bench.evidence();
      const rowCount = await countRows(database.url);
      await closeSharedLedgers();

      expect(new Set(handles.map(({ id }) => id)).size).toBe(1);
      expect(handles.filter(({ disposition }) => disposition === 'created')).toHaveLength(1);
      expect({ rowCount, events: evidence.map(({ event }) => event) }).toEqual({
        rowCount: 1,
        events: ['start', 'end'],
      });
    },
    120_000,
  );
});
