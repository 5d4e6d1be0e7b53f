import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { silentLogger } from '@backend/logger/silentLogger';
import { sampleEntry } from '@backend/tasks/ledger/__fixtures__/LedgerBench';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { createHttpApp } from '../../createHttpApp';

/** The application on a ledger of its own, without Redis: port 1 is reserved, and nothing listens there. */
const setup = async (dialect: SqlDialect, environment: Readonly<Record<string, string>> = {}) => {
  const database = await createTestDatabase(dialect);
  const appConfig = parseAppConfig({
    NODE_ENV: 'test',
    REDIS_URL: 'redis://127.0.0.1:1',
    LEDGER_URL: database.url,
    LEDGER_DEADLINE_MS: '5000',
    ...environment,
  })._unsafeUnwrap();
  const app = createHttpApp({ tasks: [], appConfig, logger: silentLogger, redisDeadlineMs: 20 });
  const ledger = sharedTaskLedger(appConfig);
  return {
    app,
    insert: async (createdAtMs: number) => {
      const entry = sampleEntry({ createdAtMs });
      (await ledger?.writer.insert(entry))?._unsafeUnwrap();
      return entry.id;
    },
    publish: async (...ids: Parameters<NonNullable<typeof ledger>['outbox']['markPublished']>[0]) => {
      (await ledger?.outbox.markPublished(ids))?._unsafeUnwrap();
    },
    /** The values of the metrics, by name. */
    metrics: async () => {
      const text = await (await app.request('/metrics')).text();
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return Object.fromEntries(
        lines.map((line) => {
          const [name = '', value] = line.split(' ');
          return [name, Number(value)];
        }),
      );
    },
    warnings: async () => {
      const { warnings } = (await (await app.request('/readyz')).json()) as { warnings: string[] };
      return warnings;
    },
    [Symbol.asyncDispose]: async () => {
      await closeSharedLedgers();
      await database[Symbol.asyncDispose]();
    },
  };
};

/** What `/metrics` and `/readyz` tell of the ledger, on one database. */
export const describeMetrics = (dialect: SqlDialect): void => {
  const away = dialect === 'sqlite' ? 'sqlite:///proc/none/ledger.sqlite' : 'postgres://u@127.0.0.1:1/none';

  describe(`GET /metrics on ${dialect}`, () => {
    it('tells how many tasks wait for their queue, and how long the first has waited', async () => {
      await using bench = await setup(dialect);
      const empty = await bench.metrics();
      const ids = [await bench.insert(Date.now() - 60_000), await bench.insert(Date.now() - 20_000)];
      const behind = await bench.metrics();
      await bench.publish(...ids);

      expect(empty).toEqual({
        drover_ledger_up: 1,
        drover_ledger_unpublished_tasks: 0,
        drover_ledger_oldest_unpublished_seconds: 0,
      });
      expect(behind).toMatchObject({ drover_ledger_up: 1, drover_ledger_unpublished_tasks: 2 });
      expect(Math.floor((behind['drover_ledger_oldest_unpublished_seconds'] ?? 0) / 10)).toBe(6);
      expect(await bench.metrics()).toEqual(empty);
    });

    it('tells how far a task is in the future, if that is more', async () => {
      await using bench = await setup(dialect);
      await bench.insert(Date.now() - 20_000);
      await bench.insert(Date.now() + 3_600_000);

      const { drover_ledger_oldest_unpublished_seconds: seconds = 0 } = await bench.metrics();

      expect(Math.ceil(seconds / 100)).toBe(36);
    });

    it('tells that the ledger is away, and nothing of its tasks', async () => {
      await using bench = await setup(dialect, { LEDGER_URL: away, LEDGER_DEADLINE_MS: '500' });

      expect(await bench.metrics()).toEqual({ drover_ledger_up: 0 });
    });

    it('tells nothing of a ledger that is off, in the format of Prometheus', async () => {
      await using bench = await setup(dialect, { LEDGER_URL: 'off' });
      const response = await bench.app.request('/metrics');

      expect([response.status, response.headers.get('Content-Type'), await bench.metrics()]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
        {},
      ]);
    });

    it('asks for the password of the board', async () => {
      await using bench = await setup(dialect, { HOST: '0.0.0.0', BOARD_PASSWORD: 's3cret' });
      const headers = { Authorization: `Basic ${btoa('drover:s3cret')}` };
      const answers = [
        await bench.app.request('http://metrics.example/metrics'),
        await bench.app.request('http://metrics.example/metrics', { headers }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([401, 200]);
    });
  });

  describe(`GET /readyz on ${dialect}`, () => {
    it('warns when a task has waited for its queue for more than 30 s', async () => {
      await using bench = await setup(dialect);
      await bench.insert(Date.now() - 20_000);
      const early = await bench.warnings();
      await bench.insert(Date.now() - 3_600_000);

      expect(early).toEqual([]);
      expect(await bench.warnings()).toEqual([
        expect.stringMatching(
          /^2 tasks of the ledger are not on their queues yet, the first for 36\d\d s: drover recover says why$/,
        ),
      ]);
    });

    it('warns when the ledger is away', async () => {
      await using bench = await setup(dialect, { LEDGER_URL: away, LEDGER_DEADLINE_MS: '500' });

      expect(await bench.warnings()).toEqual([
        expect.stringMatching(/^it is not known whether tasks wait for their queues: the ledger's database /),
      ]);
    });
  });
};
