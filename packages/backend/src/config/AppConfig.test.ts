import { afterEach, describe, expect, it } from 'bun:test';
import { DATABASE_URL_FORMS } from '@backend/database/DatabaseTarget';
import fc from 'fast-check';
import { type AppConfig, getAppConfig, parseAppConfig } from './AppConfig';
import { ConfigError } from './ConfigError';
import { configurationKeys } from './configurationKeys';

const defaults: AppConfig = {
  environment: 'development',
  redisStrict: false,
  ledgerUrl: 'sqlite://.data/drover.sqlite',
  ledgerRequired: true,
  ledgerDeadlineMs: 2000,
  ledgerKeepCompletedMs: 2_592_000_000,
  ledgerKeepFailedMs: 0,
  ledgerKeepCancelledMs: 7_776_000_000,
  host: '127.0.0.1',
  port: 3000,
  boardUser: 'drover',
  logLevel: 'info',
  logRedactPaths: [],
  workerConcurrency: 10,
  workerPriorityAgingMs: 0,
  workerMaxWaitingParents: 1000,
  workerDisabled: false,
  workerDrainTimeoutMs: 25_000,
  workerLockMs: 20_000,
  workerStalledIntervalMs: 5000,
  ledgerRelayIntervalMs: 1000,
  ledgerRelayBatch: 100,
  ledgerRelayAgeMs: 2000,
  ledgerReconcileIntervalMs: 60_000,
  ledgerReconcileAgeMs: 30_000,
  tasksEnabled: true,
  taskMaxAttempts: 3,
  taskBackoffMs: 1000,
  taskTimeoutMs: 30_000,
  taskTimeoutGraceMs: 2000,
  taskMaxCrashes: 3,
  taskMaxPayloadBytes: 524_288,
  taskMaxResultBytes: 65_536,
  queuePrefix: 'drover',
  scheduleDeadlineMs: 2000,
  mailFrom: 'Drover <no-reply@localhost>',
  dataDir: '.data',
  warnings: [],
};

const problemsOf = (environment: Record<string, string>): readonly string[] =>
  parseAppConfig(environment).match(
    () => [],
    (error) => error.problems,
  );

describe('parseAppConfig', () => {
  it('has a default for everything', () => {
    expect(parseAppConfig({})._unsafeUnwrap()).toEqual(defaults);
  });

  it.each(['off', 'sqlite://x/y.db', 'sqlite://:memory:', 'postgresql://h/d?sslmode=require'])(
    'accepts %s as the URL of the ledger',
    (text) => {
      expect(parseAppConfig({ LEDGER_URL: text })._unsafeUnwrap()).toMatchObject({ ledgerUrl: text });
    },
  );

  it('takes an empty variable for an unset one', () => {
    const empty = Object.fromEntries(configurationKeys.map(({ name }) => [name, '']));

    expect(parseAppConfig(empty)._unsafeUnwrap()).toEqual(defaults);
  });

  it('accepts the defaults when they are written out', () => {
    const written = Object.fromEntries(configurationKeys.map((key) => [key.name, key.default]));

    expect(parseAppConfig(written)._unsafeUnwrap()).toEqual(defaults);
  });

  const settings: [variable: string, text: string, field: keyof AppConfig, value: unknown][] = [
    ['NODE_ENV', 'development', 'environment', 'development'],
    ['REDIS_URL', 'redis://h:1', 'redisUrl', 'redis://h:1'],
    ['REDIS_STRICT', '1', 'redisStrict', true],
    ['LEDGER_URL', 'postgres://u:p@h/d', 'ledgerUrl', 'postgres://u:p@h/d'],
    ['LEDGER_SCHEMA', 'App_1', 'ledgerSchema', 'App_1'],
    ['LEDGER_REQUIRED', 'false', 'ledgerRequired', false],
    ['LEDGER_DEADLINE_MS', '1', 'ledgerDeadlineMs', 1],
    ['LEDGER_KEEP_COMPLETED_MS', '315360000000', 'ledgerKeepCompletedMs', 315_360_000_000],
    ['LEDGER_KEEP_FAILED_MS', '1', 'ledgerKeepFailedMs', 1],
    ['LEDGER_KEEP_CANCELLED_MS', '0', 'ledgerKeepCancelledMs', 0],
    ['HOST', 'localhost', 'host', 'localhost'],
    ['PORT', '0', 'port', 0],
    ['BOARD_USER', 'ada', 'boardUser', 'ada'],
    ['BOARD_PASSWORD', 'x y', 'boardPassword', 'x y'],
    ['LOG_LEVEL', 'trace', 'logLevel', 'trace'],
    ['LOG_REDACT_PATHS', 'card.number, items.*.price', 'logRedactPaths', ['card.number', 'items.*.price']],
    ['WORKER_CONCURRENCY', '10000', 'workerConcurrency', 10_000],
    ['LEDGER_RELAY_INTERVAL_MS', '1', 'ledgerRelayIntervalMs', 1],
    ['LEDGER_RELAY_BATCH', '1', 'ledgerRelayBatch', 1],
    ['LEDGER_RELAY_AGE_MS', '0', 'ledgerRelayAgeMs', 0],
    ['LEDGER_RECONCILE_INTERVAL_MS', '1', 'ledgerReconcileIntervalMs', 1],
    ['LEDGER_RECONCILE_AGE_MS', '0', 'ledgerReconcileAgeMs', 0],
    ['WORKER_PRIORITY_AGING_MS', '1000', 'workerPriorityAgingMs', 1000],
    ['WORKER_MAX_WAITING_PARENTS', '50', 'workerMaxWaitingParents', 50],
    ['WORKER_DISABLED', 'true', 'workerDisabled', true],
    ['TASKS_ENABLED', '0', 'tasksEnabled', false],
    ['WORKER_DRAIN_TIMEOUT_MS', '0', 'workerDrainTimeoutMs', 0],
    ['WORKER_LOCK_MS', '100', 'workerLockMs', 100],
    ['WORKER_STALLED_INTERVAL_MS', '50', 'workerStalledIntervalMs', 50],
    ['TASK_MAX_ATTEMPTS', '1', 'taskMaxAttempts', 1],
    ['TASK_BACKOFF_MS', '0', 'taskBackoffMs', 0],
    ['TASK_TIMEOUT_MS', '1', 'taskTimeoutMs', 1],
    ['TASK_TIMEOUT_GRACE_MS', '0', 'taskTimeoutGraceMs', 0],
    ['TASK_MAX_CRASHES', '1', 'taskMaxCrashes', 1],
    ['TASK_MAX_PAYLOAD_BYTES', '1', 'taskMaxPayloadBytes', 1],
    ['TASK_MAX_RESULT_BYTES', '1', 'taskMaxResultBytes', 1],
    ['QUEUE_PREFIX', 'a-B_9', 'queuePrefix', 'a-B_9'],
    ['SCHEDULE_DEADLINE_MS', '2147483647', 'scheduleDeadlineMs', 2_147_483_647],
    ['SMTP_URL', 'smtps://u:p@mail.example.com:465', 'smtpUrl', 'smtps://u:p@mail.example.com:465'],
    ['MAIL_FROM', 'ada@example.com', 'mailFrom', 'ada@example.com'],
    ['DATA_DIR', '.data', 'dataDir', '.data'],
  ];

  it.each(settings)('reads %s=%s into %s', (variable, text, field, value) => {
    expect(parseAppConfig({ [variable]: text })._unsafeUnwrap()).toEqual({ ...defaults, [field]: value });
  });

  it.each([
    ['development', 'sqlite:///var/lib/drover/drover.sqlite'],
    ['test', 'off'],
  ])('keeps the ledger in %s, unless it is told where, at %s', (environment, ledgerUrl) => {
    const parsed = parseAppConfig({ NODE_ENV: environment, DATA_DIR: '/var/lib/drover' });
    expect(parsed._unsafeUnwrap()).toMatchObject({ environment, ledgerUrl });
  });

  it.each([
    [{ LEDGER_URL: '' }, true],
    [{ LOG_LEVEL: 'loud' }, true],
    [{ LOG_LEVEL: 'loud', TASKS_ENABLED: 'false' }, false],
    [{ REDIS_URL: 'mysql://h' }, false],
  ])('says in production that Redis is missing too, beside what else is wrong: %o: %p', (given, isTold) => {
    const problems = problemsOf({ NODE_ENV: 'production', LEDGER_URL: 'off', ...given });

    expect(problems.length).toBe(isTold ? 2 : 1);
    expect(problems.includes('expected REDIS_URL to be set in production, got nothing')).toBe(isTold);
  });

  it('is told in production where the ledger is', () => {
    const redis = { REDIS_URL: 'redis://h' };
    expect(problemsOf({ NODE_ENV: 'production', ...redis })).toEqual([
      `expected LEDGER_URL to be set in production: "off", ${DATABASE_URL_FORMS}, got nothing`,
    ]);
    expect(problemsOf({ NODE_ENV: 'production', LEDGER_URL: 'mysql://h', ...redis })).toHaveLength(1);
    expect(problemsOf({ NODE_ENV: 'production', LEDGER_URL: 'sqlite://:memory:', ...redis })).toEqual([
      'expected LEDGER_URL to name a database that outlives the process in production, got "sqlite://:memory:"',
    ]);
  });

  it('is complete in production without REDIS_URL, for a process that needs no Redis', () => {
    expect(parseAppConfig({ NODE_ENV: 'production', LEDGER_URL: 'off' })._unsafeUnwrap()).toEqual({
      ...defaults,
      environment: 'production',
      ledgerUrl: 'off',
    });
  });

  it('reads every key of configurationKeys', () => {
    expect(settings.map(([variable]) => variable).sort()).toEqual(
      configurationKeys.map(({ name }) => name).sort(),
    );
  });

  it.each([
    ['NODE_ENV', 'staging', 'expected NODE_ENV to be one of development, production, test, got "staging"'],
    ['PORT', 'abc', 'expected PORT to be an integer 0..65535, got "abc"'],
    ['PORT', '65536', 'expected PORT to be an integer 0..65535, got "65536"'],
    ['PORT', '-1', 'expected PORT to be an integer 0..65535, got "-1"'],
    ['PORT', '010', 'expected PORT to be an integer 0..65535, got "010"'],
    ['LEDGER_RELAY_BATCH', '1001', 'expected LEDGER_RELAY_BATCH to be an integer 1..1000, got "1001"'],
    [
      'LEDGER_RELAY_INTERVAL_MS',
      '0',
      'expected LEDGER_RELAY_INTERVAL_MS to be an integer 1..2147483647, got "0"',
    ],
    ['WORKER_CONCURRENCY', '0', 'expected WORKER_CONCURRENCY to be an integer 1..10000, got "0"'],
    ['WORKER_LOCK_MS', '99', 'expected WORKER_LOCK_MS to be an integer 100..2147483647, got "99"'],
    ['TASK_TIMEOUT_MS', '1e3', 'expected TASK_TIMEOUT_MS to be an integer 1..2147483647, got "1e3"'],
    ['TASK_BACKOFF_MS', '10s', 'expected TASK_BACKOFF_MS to be an integer 0..2147483647, got "10s"'],
    ['TASK_BACKOFF_MS', ' 10', 'expected TASK_BACKOFF_MS to be an integer 0..2147483647, got " 10"'],
    [
      'TASK_BACKOFF_MS',
      '2147483648',
      'expected TASK_BACKOFF_MS to be an integer 0..2147483647, got "2147483648"',
    ],
    ['WORKER_DISABLED', 'yes', 'expected WORKER_DISABLED to be true, false, 1 or 0, got "yes"'],
    ['TASKS_ENABLED', 'off', 'expected TASKS_ENABLED to be true, false, 1 or 0, got "off"'],
    ['QUEUE_PREFIX', 'a:b', 'expected QUEUE_PREFIX to be letters, digits, _ and - only, got "a:b"'],
    [
      'LEDGER_URL',
      'postgres://u:hunter2@h',
      `expected LEDGER_URL to be "off", ${DATABASE_URL_FORMS}, got "postgres://[redacted]@h"`,
    ],
    ...['a-b', 'pg_x', 'SQLITE_x', 'a'.repeat(41)].map((schema): [string, string, string] => [
      'LEDGER_SCHEMA',
      schema,
      `expected LEDGER_SCHEMA to be 1 to 40 letters, digits and _, not beginning with pg_ or sqlite_, got "${schema}"`,
    ]),
    ['LEDGER_REQUIRED', 'yes', 'expected LEDGER_REQUIRED to be true, false, 1 or 0, got "yes"'],
    [
      'LEDGER_KEEP_COMPLETED_MS',
      '-1',
      'expected LEDGER_KEEP_COMPLETED_MS to be an integer 0..315360000000, got "-1"',
    ],
    [
      'LEDGER_KEEP_FAILED_MS',
      '315360000001',
      'expected LEDGER_KEEP_FAILED_MS to be an integer 0..315360000000, got "315360000001"',
    ],
    [
      'LEDGER_KEEP_CANCELLED_MS',
      '90d',
      'expected LEDGER_KEEP_CANCELLED_MS to be an integer 0..315360000000, got "90d"',
    ],
    ['LEDGER_DEADLINE_MS', '0', 'expected LEDGER_DEADLINE_MS to be an integer 1..2147483647, got "0"'],
    ['HOST', 'http://x', 'expected HOST to be a host name or an IP address, got "http://x"'],
    [
      'LOG_LEVEL',
      'loud',
      'expected LOG_LEVEL to be one of trace, debug, info, warn, error, silent, got "loud"',
    ],
    [
      'LOG_REDACT_PATHS',
      'a,,b',
      'expected LOG_REDACT_PATHS to be dotted paths separated by commas, such as card.number,items.*.price, got "a,,b"',
    ],
    [
      'SMTP_URL',
      'http://u:hunter2@h',
      'expected SMTP_URL to be smtp://[user:password@]host[:port] or smtps://, got "http://[redacted]@h"',
    ],
    [
      'MAIL_FROM',
      'a@b\r\nBcc: c@d',
      'expected MAIL_FROM to be a mail address, such as Drover <no-reply@example.com>, got "a@b\\r\\nBcc: c@d"',
    ],
  ])('refuses %s=%j', (variable, text, problem) => {
    expect(problemsOf({ [variable]: text })).toEqual([problem]);
  });

  it('refuses a Redis URL without showing its password', () => {
    expect(problemsOf({ REDIS_URL: 'http://ada:hunter2@host' }).join()).toMatch(
      /^expected REDIS_URL to be redis:.*, got "http:\/\/\[redacted\]@host"$/,
    );
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.example.com'])(
    'wants a board password when listening on %s',
    (host) => {
      expect(problemsOf({ HOST: host })).toEqual([
        `expected BOARD_PASSWORD to be set when HOST is not a loopback address, got nothing with HOST "${host}"`,
      ]);
      expect(problemsOf({ HOST: host, BOARD_PASSWORD: 'x' })).toEqual([]);
    },
  );

  it.each(['127.0.0.1', '127.9.9.9', 'localhost', '::1'])('wants no board password on %s', (host) => {
    expect(problemsOf({ HOST: host })).toEqual([]);
  });

  it('lists every problem, one a line', () => {
    const error = parseAppConfig({
      PORT: 'abc',
      WORKER_DISABLED: 'yes',
      QUEUE_PREFIX: '',
    })._unsafeUnwrapErr();

    expect(error.message).toBe(
      'expected PORT to be an integer 0..65535, got "abc"\n' +
        'expected WORKER_DISABLED to be true, false, 1 or 0, got "yes"',
    );
  });

  it('warns of variables that look misspelled', () => {
    expect(parseAppConfig({ REDIS_ULR: 'redis://h' })._unsafeUnwrap().warnings).toEqual([
      'REDIS_ULR is not read: did you mean REDIS_URL?',
    ]);
  });

  it('answers with frozen data', () => {
    const config = parseAppConfig({})._unsafeUnwrap();

    expect([config, config.logRedactPaths, config.warnings].every(Object.isFrozen)).toBe(true);
  });

  it('never throws, and tells each problem on one line', () => {
    const names = fc.constantFrom(...configurationKeys.map(({ name }) => name));

    fc.assert(
      fc.property(fc.dictionary(names, fc.string({ unit: 'binary' })), (environment) =>
        problemsOf(environment).every((problem) => /^expected [A-Z_]+ to be [^\n]+$/.test(problem)),
      ),
    );
  });
});

describe('getAppConfig', () => {
  const given = process.env['PORT'];
  afterEach(() => {
    if (given === undefined) delete process.env['PORT'];
    else process.env['PORT'] = given;
  });

  it('reads the environment anew each time', () => {
    process.env['PORT'] = '4001';
    expect(getAppConfig().port).toBe(4001);

    process.env['PORT'] = '4002';
    expect(getAppConfig().port).toBe(4002);
  });

  it('throws a ConfigError when a variable is wrong', () => {
    process.env['PORT'] = 'abc';

    expect(getAppConfig).toThrow(ConfigError);
  });
});
