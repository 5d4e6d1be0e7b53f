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
  /** The SQL record of every task. Default: `off`, the only choice for now. */
  readonly ledgerUrl: string;
  /** Where the HTTP server listens. Default: 127.0.0.1. */
  readonly host: string;
  /** 0..65535; 0 picks a free one. Default: 3000. */
  readonly port: number;
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
  const config: AppConfig = Object.freeze({
    environment: reader.readOneOf('NODE_ENV', ['development', 'production', 'test']),
    ...readStores(reader),
    ...readHttp(reader),
    ...readLog(reader),
    ...readWorker(reader),
    ...readTasks(reader),
    ...readFiles(reader),
    warnings: Object.freeze(findMisspelledVariables(environment)),
  });
  return reader.problems.length === 0 ? ok(config) : err(new ConfigError(reader.problems));
};

const readStores = (reader: EnvironmentReader) => {
  const redisUrl = reader.readOptionalText('REDIS_URL', {
    isValid: (text) => parseRedisUrl(text).isOk(),
    description: REDIS_URL_FORMS,
    show: toShownUrl,
  });
  return {
    ...(redisUrl === undefined ? {} : { redisUrl }),
    redisStrict: reader.readBoolean('REDIS_STRICT'),
    ledgerUrl: reader.readText('LEDGER_URL', {
      isValid: (text) => text === 'off',
      description: '"off" (the ledger comes in a later release)',
      show: toShownUrl,
    }),
    queuePrefix: reader.readText('QUEUE_PREFIX', {
      isValid: (text) => /^[A-Za-z0-9_-]+$/.test(text),
      description: 'letters, digits, _ and - only',
    }),
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
