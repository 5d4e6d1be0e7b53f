import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { createConfiguredLedger } from '@backend/tasks/ledger/ConfiguredLedger';
import { SQL } from 'bun';
import { createRecoverBench, type RecoverBench, runDroverProcess } from './__fixtures__/RecoverBench';

const TIMEOUT_MS = 60_000;

const published = (text: string): number => (JSON.parse(text) as { publishedCount: number }).publishedCount;

const lagOf = async ({ appConfig }: RecoverBench): Promise<number> => {
  const ledger = createConfiguredLedger(appConfig);
  const lag = await ledger?.outbox.lag(Date.now());
  await ledger?.close();
  return lag?._unsafeUnwrap().count ?? -1;
};

const LOST = [
  '1000 unfinished tasks compared with the queues',
  '┌─────────────┬─────────┬──────────┬───────────┬───────┬──────┐',
  '│ task        │ checked │ in place │ published │ ended │ left │',
  '├─────────────┼─────────┼──────────┼───────────┼───────┼──────┤',
  '│ emails:send │ 500     │ 0        │ 500       │ 0     │ 0    │',
  '├─────────────┼─────────┼──────────┼───────────┼───────┼──────┤',
  '│ orders:pack │ 500     │ 0        │ 500       │ 0     │ 0    │',
  '└─────────────┴─────────┴──────────┴───────────┴───────┴──────┘',
  '1000 tasks put on the queues again; everything is in place',
  '',
];

describe.each(['sqlite', 'postgres'] as const)('drover recover on %s', (dialect) => {
  it(
    'brings 1,000 tasks back that Redis has lost, each once, and finds nothing to do then',
    async () => {
      await using bench = await createRecoverBench(dialect);
      const ids = await bench.schedule(1000);
      await bench.flush();

      const first = await bench.recover();
      const second = await bench.recover(['--json']);

      expect([first.exitCode, first.stdout.split('\n')]).toEqual([0, LOST]);
      expect((await bench.waiting()).toSorted()).toEqual(ids.toSorted() as string[]);
      expect(second).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(second.stdout)).toMatchObject({
        dryRun: false,
        checkedCount: 1000,
        inPlaceCount: 1000,
        publishedCount: 0,
        leftCount: 0,
      });
    },
    TIMEOUT_MS,
  );

  it(
    'says with --dry-run what it would do, and changes nothing',
    async () => {
      await using bench = await createRecoverBench(dialect);
      await bench.schedule(3);
      await bench.flush();

      const run = await bench.recover(['--dry-run']);

      expect([run.exitCode, await bench.waiting(), await lagOf(bench)]).toEqual([0, [], 0]);
      expect(run.stdout).toContain('│ task        │ checked │ in place │ would be published │');
      expect(run.stdout).toEndWith(
        '3 tasks would be put on the queues again; everything would be in place then\n',
      );
    },
    TIMEOUT_MS,
  );

  it(
    'brings each task back once when two run at once',
    async () => {
      await using bench = await createRecoverBench(dialect);
      const ids = await bench.schedule(300);
      await bench.flush();

      const runs = await Promise.all([bench.recover(['--json']), bench.recover(['--json'])]);

      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
      expect(runs.map(({ stdout }) => published(stdout)).reduce((sum, count) => sum + count)).toBe(300);
      expect((await bench.waiting()).toSorted()).toEqual(ids.toSorted() as string[]);
    },
    TIMEOUT_MS,
  );

  it(
    'says what it leaves, and why, when Redis refuses to write',
    async () => {
      await using bench = await createRecoverBench(dialect);
      await bench.schedule(2);
      await bench.flush();
      using client = toDisposable(new Bun.RedisClient(bench.environment['REDIS_URL'] ?? ''));
      await client.send('CONFIG', ['SET', 'maxmemory', '1']);

      const run = await bench.recover();
      await client.send('CONFIG', ['SET', 'maxmemory', '0']);

      expect(run.exitCode).toBe(1);
      expect(run.stdout).toContain('left: 1 task of orders:pack: Redis refused the task: OOM');
      expect(run.stdout).toEndWith('everything but 2 tasks is in place\n');
    },
    TIMEOUT_MS,
  );

  it(
    'refuses tables that a later release has made',
    async () => {
      await using bench = await createRecoverBench(dialect);
      await bench.schedule(1);
      await using sql = new SQL(bench.environment['LEDGER_URL'] ?? '');
      const schema = dialect === 'postgres' ? 'drover.' : '';
      await sql.unsafe(
        `INSERT INTO ${schema}drover_migrations (version, name, applied_at) VALUES (999, 'later', 1)`,
      );

      const runs = await Promise.all([bench.recover(), bench.recover(['--dry-run', '--json'])]);

      for (const { exitCode, stderr } of runs) {
        expect(exitCode).toBe(1);
        expect(stderr).toContain('which this release of Drover knows, got version 999: update Drover here');
      }
      expect(JSON.parse(runs[1].stdout)).toMatchObject({ error: { code: 'ledger-schema' } });
    },
    TIMEOUT_MS,
  );

  it(
    'does not say to run it again where the database says no',
    async () => {
      await using bench = await createRecoverBench(dialect);
      await bench.schedule(1);
      await using sql = new SQL(bench.environment['LEDGER_URL'] ?? '');
      const schema = dialect === 'postgres' ? 'drover.' : '';
      await sql.unsafe(`ALTER TABLE ${schema}tasks DROP COLUMN cancel_requested_at`);

      const run = await bench.recover(['--json']);

      expect(run.exitCode).toBe(1);
      expect(JSON.parse(run.stdout)).toEqual({
        error: {
          code: 'ledger-refused',
          message: expect.stringMatching(/refused: .*cancel_requested_at[^.]*$/),
        },
      });
    },
    TIMEOUT_MS,
  );

  it(
    'makes no tables in a dry run',
    async () => {
      await using bench = await createRecoverBench(dialect);

      const run = await bench.recover(['--dry-run']);

      expect([run.exitCode, run.stdout]).toEqual([1, '']);
      expect(run.stderr).toMatch(/expected .*(no tables of Drover|to name a file that is there)/);
      expect((await bench.recover()).stdout).toBe(
        '0 unfinished tasks compared with the queues\neverything is in place\n',
      );
    },
    TIMEOUT_MS,
  );
});

/** A server that takes connections and says nothing. */
const listenSilently = (): Disposable & { readonly port: number } => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
};

const toDisposable = <T extends { close(): void }>(client: T): T & Disposable =>
  Object.assign(client, { [Symbol.dispose]: () => client.close() });

describe('drover recover', () => {
  const away = { REDIS_URL: 'redis://127.0.0.1:1' };

  it(
    'says that Redis is away, and prints nothing else',
    async () => {
      await using bench = await createRecoverBench('sqlite');
      await bench.schedule(1);
      await bench.stopRedis();

      const run = await bench.recover(['--json']);

      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain('drover recover: Redis does not answer: nothing answers at the REDIS_URL');
      expect(JSON.parse(run.stdout)).toEqual({
        error: { code: 'queue-unavailable', message: expect.stringContaining('Redis does not answer') },
      });
    },
    TIMEOUT_MS,
  );

  it.each([
    ['postgres://nobody@127.0.0.1:1/none', "the ledger's database does not answer"],
    ['sqlite:///proc/none/ledger.sqlite', "the ledger's database"],
  ])(
    'says that the database %s is away, and prints nothing else',
    async (url, message) => {
      await using bench = await createRecoverBench('sqlite');

      const run = await bench.recover([], { LEDGER_URL: url, LEDGER_DEADLINE_MS: '1000' });

      expect([run.exitCode, run.stdout]).toEqual([1, '']);
      expect(run.stderr).toContain(`drover recover: ${message}`);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['Redis', 'Redis does not answer: '],
    ['the database', "the ledger's database does not answer: "],
  ])(
    'waits no longer than its deadline for %s when it is silent',
    async (which, message) => {
      await using bench = await createRecoverBench('sqlite');
      using silent = listenSilently();
      const environment =
        which === 'Redis'
          ? { REDIS_URL: `redis://127.0.0.1:${silent.port}` }
          : { LEDGER_URL: `postgres://u@127.0.0.1:${silent.port}/d` };
      const startedAtMs = performance.now();
      const run = await bench.recover([], { ...environment, LEDGER_DEADLINE_MS: '500' });

      expect([run.exitCode, run.stdout]).toEqual([1, '']);
      expect(run.stderr).toContain(`drover recover: ${message}`);
      expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    },
    TIMEOUT_MS,
  );

  it('needs a ledger', async () => {
    const run = await runDroverProcess(['recover', '--json'], { ...away, LEDGER_URL: 'off' });

    expect([run.exitCode, run.stdout.includes('"code":"ledger-disabled"')]).toEqual([1, true]);
    expect(run.stderr).toContain('drover recover: LEDGER_URL is off');
  });

  it('needs a ledger that was there before it', async () => {
    const run = await runDroverProcess(['recover', '--json'], { ...away, LEDGER_URL: 'sqlite://:memory:' });

    expect([run.exitCode, run.stdout.includes('"code":"ledger-disabled"')]).toEqual([1, true]);
    expect(run.stderr).toContain('drover recover: LEDGER_URL is sqlite://:memory:');
  });

  it('does nothing while tasks are switched off', async () => {
    await using directory = await createTemporaryDirectory();
    const LEDGER_URL = `sqlite://${join(directory.path, 'ledger.sqlite')}`;
    const run = await runDroverProcess(['recover'], { ...away, LEDGER_URL, TASKS_ENABLED: 'false' });

    expect([run.exitCode, run.stderr]).toEqual([
      1,
      expect.stringContaining('drover recover: TASKS_ENABLED is false'),
    ]);
  });

  it('lists every problem of a wrong configuration', async () => {
    const run = await runDroverProcess(['recover'], { LEDGER_URL: 'mysql://h', REDIS_URL: 'http://h' });

    expect([run.exitCode, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toContain('expected LEDGER_URL to be "off"');
    expect(run.stderr).toContain('expected REDIS_URL to be');
  });
});
