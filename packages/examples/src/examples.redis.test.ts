import { afterAll, beforeAll, describe, expect, it } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { type LocalRedis, startLocalRedis } from '@backend/redis/localRedis';
import { SQL } from 'bun';

let folder: string;
let redis: LocalRedis | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-examples-'));
  if (process.env['TEST_REDIS_URL'] === undefined)
    redis = (await startLocalRedis({ appendOnly: false, dataDir: folder }))._unsafeUnwrap();
});

afterAll(async () => {
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs an example as a process of its own, on queues of its own, and answers what it printed, line by line. */
const run = async (
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly lines: readonly string[]; readonly errors: string; readonly exitCode: number }> => {
  const child = Bun.spawn([process.execPath, '--no-install', join(import.meta.dir, `${name}.ts`)], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      REDIS_URL: process.env['TEST_REDIS_URL'] ?? redis?.url,
      QUEUE_PREFIX: `example-${name}-${process.pid}-${Date.now()}`,
      LOG_LEVEL: 'silent',
      DATA_DIR: folder,
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 30_000,
  });
  const [printed, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { lines: printed.trimEnd().split('\n'), errors, exitCode: await child.exited };
};

/** Has transactions open on a SQLite file nearly all the time, until it is disposed of. */
const createBusyWriter = async (url: string) => {
  const sql = new SQL(url);
  await sql`PRAGMA journal_mode = WAL`;
  let count = 0;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      const begun = await sql`BEGIN IMMEDIATE`.then(
        () => true,
        () => false,
      );
      await sleep(10);
      if (!begun) continue;
      await sql`COMMIT`;
      count += 1;
      await sleep(1);
    }
  })();
  return {
    count: () => count,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await writing;
      await sql.close();
    },
  };
};

const outputs: [name: string, lines: unknown[]][] = [
  ['readme', ['completed {', '  greeting: "Hello, Ada!",', '}']],
  [
    'defineTask',
    [
      'billing:send-receipt completed {"subject":"Your receipt over 12.5 EUR"}',
      'billing:book-receipt completed {"bookedCents":1250}',
      'invalid-payload [{"path":"email","message":"Invalid email address"}]',
    ],
  ],
  ['scheduleFromService', ['remember the milk']],
  ['resolveService', ['ConflictError a user with this email exists already', 'Ada', 'notes:index']],
  [
    'scheduleOptions',
    [
      'invalid-options the options for calendar:remind are refused: expected delayMs to be an integer from 0 to 315360000000, got -1',
      expect.stringMatching(/"tea"},"value":{"waitedMs":(29[0-9]|[3-9][0-9]{2}|[0-9]{4,}),"maxAttempts":3,/),
      expect.stringMatching(
        /"dinner"},"value":{"waitedMs":(4[5-9][0-9]|[5-9][0-9]{2}|[0-9]{4,}),"maxAttempts":3,/,
      ),
      expect.stringMatching(/"maxAttempts":1,"hasUser":true,"metadata":{"source":"timetable"}}}$/),
    ],
  ],
  [
    'retries',
    [
      'api:call completed in attempt 3 -',
      'api:delete-page failed in attempt 1 fatal',
      'api:read-feed completed in attempt 1 -',
    ],
  ],
  [
    'timeouts',
    [
      'completed in attempt 1 {"pages":1} -',
      'failed in attempt 2 the handler took longer than timeoutMs (250 ms) timeout',
    ],
  ],
  [
    'deduplication',
    [
      'created duplicate true',
      'charged 995 for pay-7',
      'duplicate',
      'created',
      'created',
      'replaced',
      'replaced',
      'indexed d1: Drover',
    ],
  ],
  [
    'retryPolicies',
    [
      'the server answered 404 fatal after 1 of 4',
      'the server answered 503 exhausted after 4 of 4',
      'completed in attempt 3 of 5',
    ],
  ],
  ['priorities', ['password to dan', 'newsletter to eve', 'newsletter to ada', 'newsletter to bob']],
  ['limits', ['at most 2 exports at the same time', 'the third look-up waited', 'failed expired']],
  [
    'deadLetters',
    [
      'billing:charge {"orderId":"o3"} exhausted after 2 attempts: the bank refused',
      'billing:charge {"orderId":"o2"} exhausted after 2 attempts: the bank refused',
      'billing:charge {"orderId":"o1"} exhausted after 2 attempts: the bank refused',
      'completed true true',
      'already-retried',
      '2 retried, 1 skipped',
      '0 purged, 3 left',
    ],
  ],
  [
    'workers',
    [
      'images-1 paused {',
      '  activeTasks: 0,',
      '  processedCount: 0,',
      '  failedCount: 0,',
      '}',
      'images-2 running {',
      '  activeTasks: 0,',
      '  processedCount: 0,',
      '  failedCount: 0,',
      '}',
    ],
  ],
  [
    'steps',
    [
      'charged 1250',
      'reserving pen',
      'reserving pen',
      'failed the warehouse is closed',
      '0 charge card true',
      'reserving pen',
      '{"chargeId":"ch_1","shelf":"B7"}',
      'charged 1250',
      'reserving pen',
      '{"chargeId":"ch_1","shelf":"B7"} 2 charges',
      'reminded u1',
      'reminded u2',
    ],
  ],
  ['batch', ['completed {"imported":2,"refused":["ink"]}']],
  [
    'locks',
    [
      ...['closing', 'closed', 'closing', 'closed'].map((word) => `${word} 2026-01`),
      'true false true false',
      'invalid-lock expected key to be a text of 1 to 512 characters, got ""; expected ttlMs to be an integer from 1 to 2147483647, got 0',
    ],
  ],
  [
    'triggers',
    [
      'WriteRefusedError the order is not paid back',
      'deleted',
      'confirmed o1 to ada@example.test',
      'confirmed o3 to eve@example.test',
      ...['o1', 'o3'].map((id) => `create of orders/${id} by request-20`),
      ...['delete', 'update'].map((event) => `${event} of orders/o1 by request-20`),
      'AfterWriteError the create of orders is done, but did not trigger orders:confirm: the payload of orders:confirm is refused: expected valid data: email: Invalid email address, got "nobody"',
      'o2 is stored',
    ],
  ],
  [
    'resources',
    [
      'opened, in EUR',
      '{"amount":125,"currency":"USD"}',
      '{"amount":25,"currency":"USD"}',
      "the worker's options have 1 problem(s):",
      '  - the task rates:exchange needs the resource "rates", which is not in resources. Known are: "settings"',
      'resource-failed the resource "broken" did not start: no route to host',
      'failed no resource is registered as "ratess". Did you mean "rates"? Known are: "settings", "rates"',
      'closed',
    ],
  ],
  [
    'skipping',
    [
      'completed {"sentTo":"ada@example.test"} ',
      'completed {"status":"skipped","reason":"the user is gone"} skipped: the user is gone',
      'the user is gone',
      '2 ended, 1 of them skipped',
    ],
  ],
  [
    'tasksDisabled',
    [
      'tasks-disabled',
      'notes:index could not be scheduled: TASKS_ENABLED is false: this process neither schedules nor runs nor reads tasks',
      'Ada is signed up, without a welcome mail',
      'true disabled',
      'tasks-disabled',
    ],
  ],
  [
    'children',
    [
      'completed {"words":6,"failed":1}',
      '6 words announced true',
      'completed 2',
      'failed the task of words:count failed (fatal): the page is empty',
    ],
  ],
  [
    'chain',
    [
      'validate o1',
      'charge 995 for o1',
      'charge 995 for o1',
      'send R-o1',
      'completed in attempt 2 {"receipt":"R-o1"}',
      '5 words, the longest is chain',
    ],
  ],
  ['selfRescheduling', ['polling, 2 runs left', 'polling, 1 runs left', 'polling, 0 runs left']],
  [
    'inspecting',
    [
      expect.stringMatching(/^The task is not due before \d{4}-\S+Z\.$/),
      'cancelled the order was withdrawn',
      'not-cancellable',
      'cancelled {"invoice":"A-3","email":"grace@example.test"}',
      'failed {"invoice":"A-2","email":"nobody"}',
      'invoices:send 1 completed, 1 cancelled',
      '2 ended, failure rate 0.5',
      'completed {"invoice":"A-3","email":"grace@example.test"} true',
      'already-retried',
    ],
  ],
  [
    'cancelling',
    ['running true', 'cancelled nobody waits for it any more', 'cancelled', 'not-cancellable completed'],
  ],
  [
    'recurring',
    [
      'invalid-options the recurring schedule of digest:send is refused: expected cron to have a next run, got "0 0 30 2 *", which never comes; expected timezone to be an IANA time zone, got "Mars/Phobos"',
      'At 09:00, only on Monday false true',
      '{"kind":"weekly","scheduleId":"weekly-digest"}',
      'polled inbox for inbox:poll',
      'inbox:poll every second',
      'weekly-digest At 09:00, only on Monday',
      'true',
    ],
  ],
  [
    'isolation',
    [
      'completed {"bytes":1000}',
      'failed the isolated process of the task ended with exit code 3 before the handler had ended',
      expect.stringMatching(
        /^failed the isolated process of the task had \d+ MB of memory, more than isolate\.maxMemoryMb \(512\)$/,
      ),
      'failed the handler took longer than timeoutMs (1000 ms)',
    ],
  ],
  ['isolatedParent', ['completed {"bytes":3003,"fonts":2}']],
  [
    'results',
    [
      '7.5',
      'failed fatal there is no price for it',
      'scheduled timed-out',
      '250,500,750',
      'invalid-options the call about a task of "shop:price" is refused: expected id to be a task id, got "the pens"',
    ],
  ],
  ['progress', ['left out .git', '3 of 3 completed', '{"done":3,"of":3}', 'left out .git']],
  [
    'testing',
    [
      'retry in 1100 ms',
      '{"kind":"completed","value":{"shipped":2}} [{"packed":2},{"packed":2}]',
      'failed invalid-payload',
      'retrying 2030-01-01T12:00:00.000Z',
      'completed 2030-01-01T12:00:01.100Z',
      '[ "shop:ship completed", "shop:print-receipt completed" ]',
      'ScheduleExpectationError: expected shop:ship to be scheduled with {"orderId":"o1","parcels":3}; the only call is shop:ship with {"orderId":"o1","parcels":2}',
      '  payload.parcels: expected 3, got 2',
    ],
  ],
  [
    'idempotency',
    [
      'billing:charge is not idempotent: run twice in a row',
      ...[1, 2].flatMap((run) => [
        `  run ${run}: bank.charge("o1")`,
        `  run ${run}: mailer.send("ada@example.test")`,
      ]),
      'after it, charged[1] differs from that after one undisturbed run: expected nothing, got "o1"',
      '{',
      '  scheduleCount: 18,',
      '  effectCount: 3,',
      '}',
    ],
  ],
  ['scheduleFromScript', ['3 tasks wait for a worker']],
];

/** Those that speak to a database, and to which. */
const onDatabases: [name: string, dialect: SqlDialect][] = [
  ['transactionsBun', 'sqlite'],
  ['transactionsPg', 'postgres'],
  ['transactionsPostgresJs', 'postgres'],
  ['transactionsDrizzle', 'postgres'],
];

describe('an example', () => {
  it.concurrent.each(onDatabases)(
    '%s writes in one transaction with its task, on %s',
    async (name, dialect) => {
      await using database = await createTestDatabase(dialect);
      expect(await run(name, { LEDGER_URL: database.url })).toEqual({
        lines: ['ink is sold out', 'completed {"sku":"pen","shelf":"B7"}'],
        errors: '',
        exitCode: 0,
      });
    },
    40_000,
  );

  it.concurrent('transactionsBun waits for other processes that write to the file', async () => {
    await using database = await createTestDatabase('sqlite');
    await using other = await createBusyWriter(database.url);
    const { lines } = await run('transactionsBun', { LEDGER_URL: database.url });
    expect(lines).toEqual(['ink is sold out', 'completed {"sku":"pen","shelf":"B7"}']);
    expect(other.count()).toBeGreaterThan(10);
  }, 40_000);

  it.concurrent.each(outputs)(
    '%s prints what it says and ends by itself',
    async (name, lines) => {
      expect(await run(name)).toEqual({ lines: lines as string[], errors: '', exitCode: 0 });
    },
    40_000,
  );

  it.concurrent('logging writes the correlation ID on the lines of a service that a handler calls', async () => {
    const { lines, exitCode } = await run('logging', { LOG_LEVEL: 'info' });
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>); // one object a line
    const ours = logged.filter(({ correlationId }) => correlationId === 'request-42');
    expect(ours).toEqual([
      expect.objectContaining({ msg: 'Packing', taskName: 'orders:pack', sku: 'pen' }),
      expect.objectContaining({
        msg: 'Reserving',
        taskName: 'orders:pack',
        sku: 'pen',
        apiKey: '[redacted]',
      }),
      expect.objectContaining({ msg: 'Task completed', taskName: 'orders:pack', outcome: 'completed' }),
    ]);
    expect(exitCode).toBe(0);
  }, 40_000);

  it.concurrent('history prints what the ledger knows', async () => {
    const env = { LEDGER_URL: `sqlite://${join(folder, 'history.sqlite')}` };
    const id = '[0-9a-f-]{36}';
    const { lines, errors, exitCode } = await run('history', env);

    expect({ errors, exitCode }).toEqual({ errors: '', exitCode: 0 });
    expect(lines).toEqual([
      'completed {"order":"A-1","note":"Gift for Zoë"}',
      expect.stringMatching(new RegExp(`^${id}: 2 tasks$`)),
      expect.stringMatching(new RegExp(`^└─ orders:pack ${id} completed, waited \\d+ ms, ran \\d+ ms$`)),
      expect.stringMatching(
        new RegExp(
          `^   └─ payments:charge ${id} completed, waited \\d+ ms, ran \\d+ ms, 2 attempts: retry \\(the bank does not answer\\), completed$`,
        ),
      ),
      '1 retry the bank does not answer',
      '2 completed -',
    ]);
  }, 40_000);

  it.concurrent('chain prints the same in a worker with one slot', async () => {
    // Beside the example of the line above, whose worker would take its tasks.
    const { lines } = await run('chain', { WORKER_CONCURRENCY: '1', QUEUE_PREFIX: 'one-slot' });
    expect(lines).toEqual(outputs.find(([name]) => name === 'chain')?.[1] as string[]);
  }, 40_000);

  it('is listed here', async () => {
    const files = await Array.fromAsync(new Bun.Glob('*.ts').scan({ cwd: import.meta.dir }));
    const scripts = files.filter(
      (file) => !file.endsWith('.test.ts') && !/^(NotesService|indexNoteTask|exchangeTask)/.test(file),
    );
    expect(scripts.toSorted()).toEqual(
      [...[...outputs, ...onDatabases].map(([name]) => `${name}.ts`), 'logging.ts', 'history.ts'].toSorted(),
    );
  });
});
