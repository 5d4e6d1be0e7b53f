import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@backend/redis/local/findFreePort';
import { createSeatsFolder } from '@backend/redis/local/Watchdog';
import { err, ok, type Result } from 'neverthrow';
import { defaultPostgresSearch, findPostgres, type PostgresSearch } from './local/findPostgres';
import { LocalPostgresError } from './local/LocalPostgresError';
import {
  launchPostgres,
  listServerProcesses,
  type PostgresProcess,
  type PostgresStart,
} from './local/PostgresProcess';
import { type PostgresProgram } from './local/PostgresProgram';
import { findServerUser, runAs } from './local/ServerUser';
import { suspendProcesses } from './local/SuspendedProcesses';

/** A Postgres for tests, without passwords, on 127.0.0.1. */
export interface LocalPostgres extends AsyncDisposable {
  /** Of the database `postgres` and a superuser. */
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** Deleted when it stops. */
  readonly dataFolder: string;
  /** Where the program came from, in words. */
  readonly origin: string;
  /** Stands still: connections stay, and nobody answers. `resume` lets it go on, and so does the end of this process. */
  suspend(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it at once, as a crash does. Its data stays for `start`. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same data and port. */
  start(): Promise<void>;
  /** Stops it and deletes its data. May be called twice. */
  stop(): Promise<void>;
}

const PORT_ATTEMPT_COUNT = 5;
const USER = 'drover';

/**
 * Starts an empty Postgres. It ends with `stop`, and also when this process ends in any way, `kill -9` included.
 *
 * Error: `no-server` with the choices when there is none and none can be installed; `start-failed`.
 */
export const startLocalPostgres = async ({
  announce = () => undefined,
  isDurable = false,
  search = {},
}: {
  readonly announce?: (line: string) => void;
  /** Whether what is committed is on the disk, as in production, which a test need not wait for. Default: false. */
  readonly isDurable?: boolean;
  readonly search?: Partial<PostgresSearch>;
} = {}): Promise<Result<LocalPostgres, LocalPostgresError>> => {
  const user = await findServerUser();
  const found = await findPostgres({ ...defaultPostgresSearch(), user, announce, ...search });
  if (found.isErr()) return err(found.error);
  for (let attempt = 1; ; attempt += 1) {
    const started = await startOnFreePort(found.value, { user, isDurable });
    // A free port that is taken before the server binds it is replaced by another.
    const isPortTaken = started.isErr() && /could not bind|in use/.test(started.error.message);
    if (isPortTaken && attempt < PORT_ATTEMPT_COUNT) continue;
    if (started.isErr()) return err(started.error);
    announce(
      `Postgres ${found.value.version} on 127.0.0.1:${started.value.start.port}: ${found.value.origin}`,
    );
    return ok(toLocalPostgres(started.value));
  }
};

interface Started {
  readonly start: PostgresStart;
  readonly server: PostgresProcess;
}

const startOnFreePort = async (
  program: PostgresProgram,
  { user, isDurable }: Pick<PostgresStart, 'user' | 'isDurable'>,
): Promise<Result<Started, LocalPostgresError>> => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-postgres-'));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const made = await runAs(user, [
    ...[join(program.binFolder, 'initdb'), '-D', join(folder, 'data'), '-U', USER],
    ...['-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
  ]);
  if (made.isErr()) {
    await rm(folder, { recursive: true, force: true });
    return err(new LocalPostgresError('start-failed', `initdb failed: ${made.error}`));
  }
  const seatsFolder = await createSeatsFolder();
  const start = { program, user, isDurable, folder, port: await findFreePort(), seatsFolder };
  return (await launchPostgres(start)).map((server) => ({ start, server }));
};

const toLocalPostgres = ({ start, server: first }: Started): LocalPostgres => {
  let server = first;
  let resume: (() => Promise<void>) | undefined;
  let isStopped = false;

  const goOn = async (): Promise<void> => {
    await resume?.();
    resume = undefined;
  };
  const kill = async (): Promise<void> => {
    const pids = await listServerProcesses(server.pid);
    for (const pid of pids) signal(pid, 'SIGKILL');
    await goOn();
    await server.ended;
  };
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await goOn();
    signal(server.pid, 'SIGQUIT');
    await server.watchdog.release();
  };

  return {
    url: `postgres://${USER}@127.0.0.1:${start.port}/postgres`,
    port: start.port,
    dataFolder: join(start.folder, 'data'),
    version: start.program.version,
    origin: start.program.origin,
    suspend: async () => {
      resume ??= await suspendProcesses(await listServerProcesses(server.pid));
    },
    resume: goOn,
    kill,
    start: async () => {
      const started = await launchPostgres(start);
      if (started.isErr()) throw started.error;
      const { watchdog } = server;
      server = started.value;
      await watchdog.release(); // of the server that is gone: the folder stays, for it is not the last one
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};
