import { DATABASE_URL_FORMS, MEMORY_URL, parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { type LogLevel, logLevels } from '@backend/logger/LogLevel';
import { parseRedisUrl, REDIS_URL_FORMS } from '@backend/redis/RedisTarget';
import { err, ok, type Result } from 'neverthrow';
import { ConfigError } from './ConfigError';
import { createEnvironmentReader, type Environment, type EnvironmentReader } from './EnvironmentReader';
import { isLoopbackHost } from './isLoopbackHost';
import { findMisspelledVariables } from './misspelledVariables';
import { toShownUrl } from './shownUrl';

/** What the process was configured with. Frozen. `configurationKeys` names the variable behind each field. */
export interface AppConfig {
  /** Default: `development`. */
  readonly environment: 'development' | 'production' | 'test';
  /** One server, several comma-separated ones for a cluster, or a Sentinel URL. Unset: a local Redis is found or started. */
  readonly redisUrl?: string;
  /** Refuse to start on a Redis that could lose tasks. Default: false. */
  readonly redisStrict: boolean;
  /** The SQL record of every task: `off`, a SQLite file or a Postgres. Default: a file in `dataDir`; in tests `off`. */
  readonly ledgerUrl: string;
  /** Where its tables are; 1..40 letters, digits and `_`. Unset: the schema `drover` on Postgres, no prefix on SQLite. */
  readonly ledgerSchema?: string;
  /** Whether new tasks are refused while the ledger is away, or else scheduled on Redis alone. Default: true. */
  readonly ledgerRequired: boolean;
  /** Milliseconds the database of the ledger may be silent; >= 1. Default: 2000. */
  readonly ledgerDeadlineMs: number;
  /** Milliseconds the ledger keeps completed tasks; 0: for ever. Default: 2592000000, 30 days. */
  readonly ledgerKeepCompletedMs: number;
  /** Milliseconds it keeps failed tasks; 0: for ever. Default: 0. */
  readonly ledgerKeepFailedMs: number;
  /** Milliseconds it keeps cancelled tasks; 0: for ever. Default: 7776000000, 90 days. */
  readonly ledgerKeepCancelledMs: number;
  /** Where the HTTP server listens. Default: 127.0.0.1. */
  readonly host: string;
  /** 0..65535; 0 picks a free one. Default: 3000. */
  readonly port: number;
  /** Milliseconds between two looks for tasks of the ledger that are not on their queue; >= 1. Default: 1000. */
  readonly ledgerRelayIntervalMs: number;
  /** Tasks that are put on their queues at the same time by them; 1..1000. Default: 100. */
  readonly ledgerRelayBatch: number;
  /** Milliseconds a task is left to the process that schedules it; >= 0. Default: 2000. */
  readonly ledgerRelayAgeMs: number;
  /** Milliseconds between two comparisons of ledger and queues; >= 1. Default: 60000. */
  readonly ledgerReconcileIntervalMs: number;
  /** Milliseconds a task is left alone by them after something happened to it; >= 0. Default: 30000. */
  readonly ledgerReconcileAgeMs: number;
  /** Whether tasks are scheduled and run at all; without them nothing connects to Redis. Default: true. */
  readonly tasksEnabled: boolean;
  /** Default: `drover`. */
  readonly boardUser: string;
  /** Always set when `host` is not a loopback address. */
  readonly boardPassword?: string;
  /** Default: `info`. */
  readonly logLevel: LogLevel;
  /** Payload paths never to log, such as `card.number`. Default: none. */
  readonly logRedactPaths: readonly string[];
  /** Tasks at the same time in one worker, of all names; 1..10000. Default: 10. */
  readonly workerConcurrency: number;
  /** Milliseconds of waiting that count as one step of priority between tasks of different names; 0: none. Default: 0. */
  readonly workerPriorityAgingMs: number;
  /** Tasks of one worker that wait for children, about; 1..100000. Default: 1000. */
  readonly workerMaxWaitingParents: number;
  /** Default: false. */
  readonly workerDisabled: boolean;
  /** Milliseconds a stopping worker waits for its running tasks; >= 0. Default: 25000. */
  readonly workerDrainTimeoutMs: number;
  /** Milliseconds a task stays with a worker that has gone silent; >= 100. Default: 20000. */
  readonly workerLockMs: number;
  /** Milliseconds between two looks for tasks of dead workers; >= 50. Default: 5000. */
  readonly workerStalledIntervalMs: number;
  /** Attempts of a task that does not say, the first included; 1..1000. Default: 3. */
  readonly taskMaxAttempts: number;
  /** Milliseconds; first wait between attempts of a task that does not say; >= 0. Default: 1000. */
  readonly taskBackoffMs: number;
  /** Milliseconds one attempt may take if the task does not say; >= 1. Default: 30000. */
  readonly taskTimeoutMs: number;
  /** Milliseconds a timed-out handler may take to end after its signal; >= 0. Default: 2000. */
  readonly taskTimeoutGraceMs: number;
  /** Worker crashes a task may cause before it fails for good; >= 1. Default: 3. */
  readonly taskMaxCrashes: number;
  /** Bytes of the largest payload accepted; >= 1. Default: 524288. */
  readonly taskMaxPayloadBytes: number;
  /** Bytes of the largest result stored; >= 1. Default: 65536. */
  readonly taskMaxResultBytes: number;
  /** First part of every Redis key; letters, digits, `_` and `-`. Default: `drover`. */
  readonly queuePrefix: string;
  /** Milliseconds Redis may be silent before `schedule` answers with an error; >= 1. Default: 2000. */
  readonly scheduleDeadlineMs: number;
  /** Mail server. Unset: files in `<dataDir>/mail`; in production no mail is sent. */
  readonly smtpUrl?: string;
  /** Sender of mail. Default: `Drover <no-reply@localhost>`. */
  readonly mailFrom: string;
  /** Folder of a local Redis and of the built-in tasks. Default: `.data`. */
  readonly dataDir: string;
  /** Set variables that look like misspelled ones of Drover; to be logged at start-up. Default: none. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration from the environment of this process, anew at each call.
 *
 * @throws {ConfigError} listing every problem. Call it at start-up.
 */
export const getAppConfig = (): AppConfig => {
  const config = parseAppConfig(process.env);
  if (config.isErr()) throw config.error;
  return config.value;
};

/** Makes a configuration from variables. Pure. Error: `ConfigError` with every problem; passwords are not shown. */
export const parseAppConfig = (environment: Environment): Result<AppConfig, ConfigError> => {
  const reader = createEnvironmentReader(environment);
  const nodeEnvironment = reader.readOneOf('NODE_ENV', ['development', 'production', 'test']);
  const files = readFiles(reader);
  const config: AppConfig = Object.freeze({
    environment: nodeEnvironment,
    ...readStores(reader),
    ...readLedger(reader, { environment: nodeEnvironment, dataDir: files.dataDir }),
    ...readHttp(reader),
    ...readLog(reader),
    ...readWorker(reader),
    ...readRelay(reader),
    ...readTasks(reader),
    ...files,
    warnings: Object.freeze(findMisspelledVariables(environment)),
  });
  if (reader.problems.length === 0) return ok(config);
  // Alone it is told by those that need Redis, which not every process does. Beside others everybody hears of it: those that need
  // it would otherwise fail a second time.
  if (lacksRedis(config, environment)) reader.addProblem(MISSING_REDIS);
  return err(new ConfigError(reader.problems));
};

/** What a process that needs Redis says in production when no `REDIS_URL` is given. */
export const MISSING_REDIS = 'expected REDIS_URL to be set in production, got nothing';

const lacksRedis = ({ environment, tasksEnabled }: AppConfig, { REDIS_URL }: Environment): boolean =>
  environment === 'production' && tasksEnabled && !REDIS_URL;

const readStores = (reader: EnvironmentReader) => {
  const redisUrl = reader.readOptionalText('REDIS_URL', {
    isValid: (text) => parseRedisUrl(text).isOk(),
    description: REDIS_URL_FORMS,
    show: toShownUrl,
  });
  return {
    ...(redisUrl === undefined ? {} : { redisUrl }),
    redisStrict: reader.readBoolean('REDIS_STRICT'),
    queuePrefix: reader.readText('QUEUE_PREFIX', {
      isValid: (text) => /^[A-Za-z0-9_-]+$/.test(text),
      description: 'letters, digits, _ and - only',
    }),
  };
};

/** The file of the ledger in `DATA_DIR`. */
const LEDGER_FILE = 'drover.sqlite';

/** No age at all, or up to ten years: no timer waits for it. */
const KEEP = { min: 0, max: 315_360_000_000 } as const;

interface LedgerDefaults {
  readonly environment: AppConfig['environment'];
  readonly dataDir: string;
}

const readLedger = (reader: EnvironmentReader, { environment, dataDir }: LedgerDefaults) => {
  const problemCount = reader.problems.length;
  const ledgerSchema = reader.readOptionalText('LEDGER_SCHEMA', {
    isValid: (text) => /^(?!pg_|sqlite_)[A-Za-z0-9_]{1,40}$/i.test(text),
    description: '1 to 40 letters, digits and _, not beginning with pg_ or sqlite_',
  });
  const ledgerUrl = reader.readOptionalText('LEDGER_URL', {
    isValid: (text) => text === 'off' || parseDatabaseUrl(text).isOk(),
    description: `"off", ${DATABASE_URL_FORMS}`,
    show: toShownUrl,
  });
  // A file that each host has for itself would be found too late.
  if (environment === 'production' && ledgerUrl === undefined && reader.problems.length === problemCount)
    reader.addProblem(
      `expected LEDGER_URL to be set in production: "off", ${DATABASE_URL_FORMS}, got nothing`,
    );
  if (environment === 'production' && ledgerUrl === MEMORY_URL)
    reader.addProblem(
      `expected LEDGER_URL to name a database that outlives the process in production, got "${MEMORY_URL}"`,
    );
  // A test that does not ask for one writes no file.
  const ownUrl = environment === 'test' ? 'off' : `sqlite://${dataDir}/${LEDGER_FILE}`;
  return {
    ledgerUrl: ledgerUrl ?? ownUrl,
    ...(ledgerSchema === undefined ? {} : { ledgerSchema }),
    ledgerRequired: reader.readBoolean('LEDGER_REQUIRED'),
    ledgerDeadlineMs: reader.readInteger('LEDGER_DEADLINE_MS', { min: 1 }),
    ledgerKeepCompletedMs: reader.readInteger('LEDGER_KEEP_COMPLETED_MS', KEEP),
    ledgerKeepFailedMs: reader.readInteger('LEDGER_KEEP_FAILED_MS', KEEP),
    ledgerKeepCancelledMs: reader.readInteger('LEDGER_KEEP_CANCELLED_MS', KEEP),
  };
};

const readHttp = (reader: EnvironmentReader) => {
  const host = reader.readText('HOST', {
    isValid: (text) => /^[A-Za-z0-9_.:-]+$/.test(text),
    description: 'a host name or an IP address',
  });
  const boardPassword = reader.readOptionalText('BOARD_PASSWORD');
  if (!isLoopbackHost(host) && boardPassword === undefined) {
    reader.addProblem(
      `expected BOARD_PASSWORD to be set when HOST is not a loopback address, got nothing with HOST "${host}"`,
    );
  }
  return {
    host,
    port: reader.readInteger('PORT', { min: 0, max: 65_535 }),
    boardUser: reader.readText('BOARD_USER', {
      isValid: (text) => !text.includes(':'),
      description: 'a name without ":" (HTTP basic authentication ends the name there)',
    }),
    ...(boardPassword === undefined ? {} : { boardPassword }),
  };
};

const readLog = (reader: EnvironmentReader) => {
  const paths = reader.readOptionalText('LOG_REDACT_PATHS', {
    isValid: (text) => text.split(',').every((path) => /^[^.,\s]+(?:\.[^.,\s]+)*$/.test(path.trim())),
    description: 'dotted paths separated by commas, such as card.number,items.*.price',
  });
  return {
    logLevel: reader.readOneOf('LOG_LEVEL', logLevels),
    logRedactPaths: Object.freeze(paths === undefined ? [] : paths.split(',').map((path) => path.trim())),
  };
};

const readWorker = (reader: EnvironmentReader) => ({
  workerConcurrency: reader.readInteger('WORKER_CONCURRENCY', { min: 1, max: 10_000 }),
  workerPriorityAgingMs: reader.readInteger('WORKER_PRIORITY_AGING_MS', { min: 0 }),
  workerMaxWaitingParents: reader.readInteger('WORKER_MAX_WAITING_PARENTS', { min: 1, max: 100_000 }),
  workerDisabled: reader.readBoolean('WORKER_DISABLED'),
  workerDrainTimeoutMs: reader.readInteger('WORKER_DRAIN_TIMEOUT_MS', { min: 0 }),
  workerLockMs: reader.readInteger('WORKER_LOCK_MS', { min: 100 }),
  workerStalledIntervalMs: reader.readInteger('WORKER_STALLED_INTERVAL_MS', { min: 50 }),
});

const readRelay = (reader: EnvironmentReader) => ({
  ledgerRelayIntervalMs: reader.readInteger('LEDGER_RELAY_INTERVAL_MS', { min: 1 }),
  ledgerRelayBatch: reader.readInteger('LEDGER_RELAY_BATCH', { min: 1, max: 1000 }),
  ledgerRelayAgeMs: reader.readInteger('LEDGER_RELAY_AGE_MS', { min: 0 }),
  ledgerReconcileIntervalMs: reader.readInteger('LEDGER_RECONCILE_INTERVAL_MS', { min: 1 }),
  ledgerReconcileAgeMs: reader.readInteger('LEDGER_RECONCILE_AGE_MS', { min: 0 }),
});

const readTasks = (reader: EnvironmentReader) => ({
  tasksEnabled: reader.readBoolean('TASKS_ENABLED'),
  taskMaxAttempts: reader.readInteger('TASK_MAX_ATTEMPTS', { min: 1, max: 1000 }),
  taskBackoffMs: reader.readInteger('TASK_BACKOFF_MS', { min: 0 }),
  taskTimeoutMs: reader.readInteger('TASK_TIMEOUT_MS', { min: 1 }),
  taskTimeoutGraceMs: reader.readInteger('TASK_TIMEOUT_GRACE_MS', { min: 0 }),
  taskMaxCrashes: reader.readInteger('TASK_MAX_CRASHES', { min: 1 }),
  taskMaxPayloadBytes: reader.readInteger('TASK_MAX_PAYLOAD_BYTES', { min: 1 }),
  taskMaxResultBytes: reader.readInteger('TASK_MAX_RESULT_BYTES', { min: 1 }),
  scheduleDeadlineMs: reader.readInteger('SCHEDULE_DEADLINE_MS', { min: 1 }),
});

const readFiles = (reader: EnvironmentReader) => {
  const smtpUrl = reader.readOptionalText('SMTP_URL', {
    isValid: isSmtpUrl,
    description: 'smtp://[user:password@]host[:port] or smtps://',
    show: toShownUrl,
  });
  return {
    ...(smtpUrl === undefined ? {} : { smtpUrl }),
    mailFrom: reader.readText('MAIL_FROM', {
      isValid: (text) => /^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/.test(text),
      description: 'a mail address, such as Drover <no-reply@example.com>',
    }),
    dataDir: reader.readText('DATA_DIR', {
      isValid: (text) => !text.includes('\0'),
      description: 'the path of a folder',
    }),
  };
};

const isSmtpUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'smtp:' || url.protocol === 'smtps:') && url.hostname !== '';
};
