import { type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startWatchdog, type Watchdog } from '@backend/redis/local/Watchdog';
import { err, ok, type Result } from 'neverthrow';
import { LocalPostgresError } from './LocalPostgresError';
import { type PostgresProgram } from './PostgresProgram';
import { type ServerUser, spawnAs } from './ServerUser';

const READY_TIMEOUT_MS = 20_000;
const PROBE_INTERVAL_MS = 20;
const SHOWN_LOG_CHARACTERS = 1000;

/** No socket file besides the port. */
const SETTINGS = ['max_connections=300', 'shared_buffers=32MB', 'unix_socket_directories=', 'lc_messages=C'];

/**
 * Nothing of a test outlives the machine, so nothing waits for the disk; but what was committed outlives a server that is
 * killed.
 */
const UNSYNCED = ['fsync=off', 'full_page_writes=off'];

/** What one server is started with. */
export interface PostgresStart {
  readonly program: PostgresProgram;
  readonly user: ServerUser | undefined;
  /** Whether what is committed is on the disk. */
  readonly isDurable: boolean;
  /** Holds `data`, made by initdb; deleted when the last watchdog is released. */
  readonly folder: string;
  readonly port: number;
  readonly seatsFolder: string;
}

/** A server that takes connections. */
export interface PostgresProcess {
  readonly pid: number;
  readonly watchdog: Watchdog;
  /** Settles when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/** Starts a server on a folder that initdb has made, and waits until it takes connections. Error: `start-failed`. */
export const launchPostgres = async (
  start: PostgresStart,
): Promise<Result<PostgresProcess, LocalPostgresError>> => {
  const { program, user, isDurable, folder, port, seatsFolder } = start;
  const data = join(folder, 'data');
  const settings = [...SETTINGS, ...(isDurable ? [] : UNSYNCED)].flatMap((setting) => ['-c', setting]);
  const command = [join(program.binFolder, 'postgres'), '-D', data, '-p', String(port), '-h', '127.0.0.1'];
  const child = spawnAs(user, [...command, ...settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const readLog = gatherLog(child);
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('error', () => resolve());
  });
  const pid = child.pid ?? 0;
  const watchdog = await startWatchdog(seatsFolder, { pid, port, doomedFolder: folder });
  const isReady = await waitUntilReady(child, data);
  child.unref();
  if (isReady && watchdog !== undefined) return ok({ pid, watchdog, ended });
  child.kill('SIGKILL');
  await watchdog?.release();
  return err(
    new LocalPostgresError(
      'start-failed',
      `${program.binFolder}/postgres did not start on 127.0.0.1:${port}: ${readLog()}`,
    ),
  );
};

/** Keeps the end of what the server says; its pipe holds no process. */
const gatherLog = (child: ChildProcess): (() => string) => {
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-SHOWN_LOG_CHARACTERS);
  });
  child.on('error', (error) => {
    log = error.message;
  });
  const { stderr } = child;
  if (stderr !== null && 'unref' in stderr && typeof stderr.unref === 'function') stderr.unref();
  return () => log.trim() || 'it said nothing';
};

/** The server writes its process id in the first line of this file, and its state in the last. */
const waitUntilReady = async (child: ChildProcess, data: string): Promise<boolean> => {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).trim().split('\n');
    if (lines[0] === String(child.pid) && lines.at(-1)?.trim() === 'ready') return true;
    await Bun.sleep(PROBE_INTERVAL_MS);
  }
  return false;
};

/** The process ids of a server and of the processes that it has made. */
export const listServerProcesses = async (pid: number): Promise<readonly number[]> => {
  const names = await readdir('/proc').catch(() => []);
  const ids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const children = await Promise.all(
    ids.map(async (id) => {
      const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
      // pid (name) state parent ...: the name may hold spaces and brackets.
      return stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(pid) ? [id] : [];
    }),
  );
  return [pid, ...children.flat()];
};
