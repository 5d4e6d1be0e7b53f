import { join } from 'node:path';
import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';
import { startLocalSmtpServer } from '@backend/mail/smtp/LocalSmtpServer';
import { checkRedis } from '@backend/redis/checkRedis';
import { prepareDataFolder } from '@backend/redis/local/DataFolder';
import { findFreePort } from '@backend/redis/local/findFreePort';
import { ensureRedis, type LocalRedis } from '@backend/redis/localRedis';
import { ok } from 'neverthrow';
import { createBouncingRecipients } from './BouncingRecipients';
import { type DemoProgram, startDemoProgram } from './DemoProgram';

/** Everything the demo runs on: real servers and processes, started for it. */
export interface DemoWorld extends AsyncDisposable {
  readonly appConfig: AppConfig;
  readonly mailFolder: string;
  readonly workerLogPath: string;
  readonly boardUrl: string;
}

interface DemoWorldOptions {
  /** Gets logs, mails and the data of Redis; made when it is missing. */
  readonly folder: string;
  /** Undefined: one is started. */
  readonly redisUrl: string | undefined;
  announce(line: string): void;
}

/** Starts Redis, a mail catcher, a worker process and the API process, and waits until they serve. */
export const startDemoWorld = async (options: DemoWorldOptions): Promise<DemoWorld> => {
  const { folder, announce } = options;
  const prepared = await prepareDataFolder(folder);
  if (prepared.isErr()) throw prepared.error;
  await using starting = new AsyncDisposableStack();
  const redis = starting.use(await startRedis(options));
  const mailFolder = join(folder, 'mail');
  const mail = starting.use(
    await startLocalSmtpServer({ directory: mailFolder, onRecipient: createBouncingRecipients() }),
  );
  announce(`Mail: ${mail.url} (a catcher in this process that bounces some addresses)`);
  const env = toEnvironment({ folder, redisUrl: redis.url, smtpUrl: mail.url, port: await findFreePort() });
  const worker = starting.use(startDemoProgram({ name: 'worker', folder, env }));
  const api = starting.use(startDemoProgram({ name: 'api', folder, env }));
  const url = `http://127.0.0.1:${env['PORT']}`;
  await becomesReady(`${url}/readyz`, [worker, api]);
  announce(`Worker: process ${worker.pid}; API: process ${api.pid} at ${url}`);
  const started = starting.move();
  return {
    appConfig: parseAppConfig(env)._unsafeUnwrap(),
    mailFolder,
    workerLogPath: worker.logPath,
    boardUrl: `${url}/board`,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
};

const startRedis = async ({ folder, redisUrl, announce }: DemoWorldOptions): Promise<LocalRedis> => {
  const answered = redisUrl === undefined ? ok() : await checkRedis(redisUrl);
  if (answered.isErr()) throw answered.error;
  const redis = await ensureRedis({ redisUrl, appendOnly: false, dataDir: folder, announce });
  if (redis.isErr()) throw redis.error;
  return redis.value;
};

interface DemoAddresses {
  readonly folder: string;
  readonly redisUrl: string;
  readonly smtpUrl: string;
  readonly port: number;
}

/** A prefix of its own, so that the counts begin at zero on a Redis that REDIS_URL names. */
const toEnvironment = ({ folder, redisUrl, smtpUrl, port }: DemoAddresses): Record<string, string> => ({
  NODE_ENV: 'production',
  REDIS_URL: redisUrl,
  LEDGER_URL: `sqlite://${folder}/drover.sqlite`,
  SMTP_URL: smtpUrl,
  PORT: String(port),
  DATA_DIR: folder,
  QUEUE_PREFIX: `demo-${process.pid}-${Date.now()}`,
  LOG_LEVEL: 'info',
  TASKS_ENABLED: 'true',
});

const READY_TIMEOUT_MS = 30_000;

const becomesReady = async (url: string, programs: readonly DemoProgram[]): Promise<void> => {
  const endsAtMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    const dead = programs.find((program) => program.hasEnded());
    if (dead !== undefined) throw new Error(`the ${dead.name} ended at its start; see ${dead.logPath}`);
    if (performance.now() > endsAtMs) throw new Error(`${url} is not ready: ${await answer?.text()}`);
    await Bun.sleep(100);
  }
};
