import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { LocalRedisError } from './LocalRedisError';
import { probeRedis, type RedisAnswer } from './probeRedis';
import { REDIS_LOG_FILE, type RedisServer, type RedisSettings } from './RedisServer';
import { createSeatsFolder, startWatchdog, type Watchdog } from './Watchdog';

const READY_TIMEOUT_MS = 10_000;
const PROBE_INTERVAL_MS = 20;
const SHOWN_LOG_LINE_COUNT = 5;
const NO_LOG = '(it wrote no log)';

/** A server process that answers PING, with the watchdog that will stop it. */
export interface RedisProcess extends RedisAnswer, Watchdog {
  /** Process that was started: the server, or the container engine's client. */
  readonly pid: number;
  readonly port: number;
  /** See Watchdog.ts. */
  readonly seatsFolder: string;
}

/**
 * Starts a server in a session of its own (Ctrl-C in the terminal must not reach it before the application has
 * drained) and waits until it answers.
 *
 * @param isEphemeral true deletes `settings.folder` once the server has ended.
 * @returns `start-failed` when it ends or stays silent for 10 seconds; the process is gone then.
 */
export const launchRedis = async ({
  server,
  settings,
  isEphemeral,
}: {
  readonly server: RedisServer;
  readonly settings: RedisSettings;
  readonly isEphemeral: boolean;
}): Promise<Result<RedisProcess, LocalRedisError>> => {
  const { port, folder } = settings;
  await mkdir(folder, { recursive: true });
  const seatsFolder = await createSeatsFolder();
  const child = spawnServer(server, settings);
  const pid = child.pid ?? 0;
  const watchdog = await startWatchdog(seatsFolder, {
    pid,
    port,
    doomedFolder: isEphemeral ? folder : undefined,
  });
  const answer = await waitUntilReady({ child, server, port });
  if (watchdog && answer) {
    child.on('exit', () => void watchdog.release());
    return ok({ ...answer, pid, port, seatsFolder, release: watchdog.release });
  }
  const failure = await describeFailure(child, settings);
  await watchdog?.release();
  return err(new LocalRedisError('start-failed', failure));
};

const spawnServer = (server: RedisServer, settings: RedisSettings): ChildProcess => {
  const [program = '', ...args] = server.toCommand(settings);
  // What it says before it has opened its log, a bad option for one, belongs there too.
  const log = openSync(join(settings.folder, REDIS_LOG_FILE), 'w');
  const child = spawn(program, args, {
    cwd: settings.folder,
    env: { ...process.env, ...server.environment },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  return child;
};

/** The answer has to come from our own process: on a port that somebody took in between, a foreign Redis answers. */
const waitUntilReady = async ({
  child,
  server,
  port,
}: {
  readonly child: ChildProcess;
  readonly server: RedisServer;
  readonly port: number;
}): Promise<RedisAnswer | undefined> => {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const answer = await probeRedis({ port, timeoutMs: 1000 });
    if (answer && (!server.isNative || answer.processId === child.pid)) return answer;
    await Bun.sleep(PROBE_INTERVAL_MS);
  }
  return undefined;
};

const describeFailure = async (child: ChildProcess, { port, folder }: RedisSettings): Promise<string> => {
  const log = await readFile(join(folder, REDIS_LOG_FILE), 'utf8').catch(() => NO_LOG);
  const lines = (log.trim() || NO_LOG).split('\n').slice(-SHOWN_LOG_LINE_COUNT);
  return [`${child.spawnfile} did not start on 127.0.0.1:${port}. Its last log lines:`, ...lines].join(
    '\n  ',
  );
};
