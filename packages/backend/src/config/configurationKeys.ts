/** One variable of the environment. */
export interface ConfigurationKey {
  readonly name: string;
  /** What a number counts (`ms`, `bytes`), or the kind of the value. */
  readonly unit: string;
  /** As it would be written in the environment; empty: unset. */
  readonly default: string;
  readonly meaning: string;
}

const key = <const Name extends string>(name: Name, unit: string, defaultText: string, meaning: string) =>
  Object.freeze({ name, unit, default: defaultText, meaning }) satisfies ConfigurationKey;

/** Every variable that Drover reads, in the order of `.env.example`. The only place where a default is written. */
export const configurationKeys = Object.freeze([
  key(
    'NODE_ENV',
    'development|production|test',
    'development',
    'What the process runs for; production logs JSON.',
  ),
  key('REDIS_URL', 'URL', '', 'Redis, Sentinel or Cluster. Unset: a local Redis is found or started.'),
  key(
    'REDIS_STRICT',
    'boolean',
    'false',
    'Refuse to start on a Redis that could lose tasks, instead of warning.',
  ),
  key(
    'LEDGER_URL',
    'URL or off',
    '',
    'The SQL record of every task: off, sqlite://path or postgres://user@host/database. Unset: drover.sqlite in DATA_DIR.',
  ),
  key(
    'LEDGER_SCHEMA',
    'text',
    '',
    'Where the tables of the ledger are. Unset: the schema drover on Postgres, tables without a prefix on SQLite.',
  ),
  key(
    'LEDGER_REQUIRED',
    'boolean',
    'true',
    'Refuse new tasks while the ledger is away; false: schedule them on Redis alone.',
  ),
  key('LEDGER_DEADLINE_MS', 'ms', '2000', 'How long the database of the ledger may be silent.'),
  key(
    'LEDGER_KEEP_COMPLETED_MS',
    'ms',
    '2592000000',
    'How long the ledger keeps completed tasks; 0: for ever.',
  ),
  key('LEDGER_KEEP_FAILED_MS', 'ms', '0', 'How long the ledger keeps failed tasks; 0: for ever.'),
  key(
    'LEDGER_KEEP_CANCELLED_MS',
    'ms',
    '7776000000',
    'How long the ledger keeps cancelled tasks; 0: for ever.',
  ),
  key(
    'HOST',
    'address',
    '127.0.0.1',
    'Where the HTTP server listens. Not loopback: BOARD_PASSWORD is required.',
  ),
  key('PORT', 'port', '3000', 'Port of the HTTP server; 0 picks a free one.'),
  key('BOARD_USER', 'text', 'drover', 'User name for the task board.'),
  key('BOARD_PASSWORD', 'text', '', 'Password for the task board. Unset: no password, on loopback only.'),
  key(
    'LOG_LEVEL',
    'trace|debug|info|warn|error|silent',
    'info',
    'The least important lines that are written.',
  ),
  key(
    'LOG_REDACT_PATHS',
    'paths',
    '',
    'Payload paths never to log, separated by commas: card.number,items.*.price.',
  ),
  key(
    'WORKER_CONCURRENCY',
    'tasks',
    '10',
    'Tasks that one worker runs at the same time, of all names; 1..10000.',
  ),
  key(
    'WORKER_PRIORITY_AGING_MS',
    'ms',
    '0',
    'Waiting that counts as one step of priority between tasks of different names; 0: none.',
  ),
  key(
    'WORKER_MAX_WAITING_PARENTS',
    'tasks',
    '1000',
    'Tasks of one worker that wait for children, about; 1..100000. Beyond it no further parent begins.',
  ),
  key('WORKER_DISABLED', 'boolean', 'false', 'Run no tasks in this process.'),
  key('WORKER_DRAIN_TIMEOUT_MS', 'ms', '25000', 'How long a stopping worker waits for its running tasks.'),
  key(
    'WORKER_LOCK_MS',
    'ms',
    '20000',
    'How long a task stays with a worker that has gone silent; at least 100.',
  ),
  key(
    'WORKER_STALLED_INTERVAL_MS',
    'ms',
    '5000',
    'How often tasks of dead workers are looked for; at least 50.',
  ),
  key(
    'LEDGER_RELAY_INTERVAL_MS',
    'ms',
    '1000',
    'How often tasks of the ledger are looked for that are not on their queue.',
  ),
  key('LEDGER_RELAY_BATCH', 'tasks', '100', 'How many of them are put there at the same time; 1..1000.'),
  key('LEDGER_RELAY_AGE_MS', 'ms', '2000', 'How long they are left to the process that scheduled them.'),
  key(
    'LEDGER_RECONCILE_INTERVAL_MS',
    'ms',
    '60000',
    'How often the unfinished tasks of the ledger are compared with their queues.',
  ),
  key(
    'LEDGER_RECONCILE_AGE_MS',
    'ms',
    '30000',
    'How long a task is left alone after something happened to it.',
  ),
  key(
    'TASKS_ENABLED',
    'boolean',
    'true',
    'false: no task is scheduled or run, and nothing connects to Redis; the rest of the app runs.',
  ),
  key('TASK_MAX_ATTEMPTS', 'attempts', '3', 'Attempts of a task that does not say, the first included.'),
  key('TASK_BACKOFF_MS', 'ms', '1000', 'First wait between attempts of a task that does not say.'),
  key('TASK_TIMEOUT_MS', 'ms', '30000', 'How long one attempt may take if the task does not say.'),
  key(
    'TASK_TIMEOUT_GRACE_MS',
    'ms',
    '2000',
    'How long a timed-out handler may take to end after its signal.',
  ),
  key('TASK_MAX_CRASHES', 'crashes', '3', 'Worker crashes that a task may cause before it fails for good.'),
  key('TASK_MAX_PAYLOAD_BYTES', 'bytes', '524288', 'The largest payload that is accepted.'),
  key('TASK_MAX_RESULT_BYTES', 'bytes', '65536', 'The largest result that is stored.'),
  key('QUEUE_PREFIX', 'text', 'drover', 'First part of every Redis key; letters, digits, _ and -.'),
  key(
    'SCHEDULE_DEADLINE_MS',
    'ms',
    '2000',
    'How long Redis may be silent before schedule answers with an error.',
  ),
  key(
    'SMTP_URL',
    'URL',
    '',
    'Mail server, smtp:// or smtps://. Unset: mails become files in DATA_DIR/mail; in production none is sent.',
  ),
  key('MAIL_FROM', 'address', 'Drover <no-reply@localhost>', 'Sender of mail.'),
  key('DATA_DIR', 'path', '.data', 'Where a local Redis and the built-in tasks keep their files.'),
]);

/** The name of a variable that Drover reads. */
export type ConfigurationKeyName = (typeof configurationKeys)[number]['name'];
