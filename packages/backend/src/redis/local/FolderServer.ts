import { err, ok, type Result } from 'neverthrow';
import { withFolderLock } from './FolderLock';
import { LocalRedisError } from './LocalRedisError';
import { type RedisProcess } from './RedisProcess';
import { findRunningServer, type RunningServer, writeRunningServer } from './RunningServer';
import { startWatchdog } from './Watchdog';

const RETRY_INTERVAL_MS = 50;

/** A server for one data folder: joined when it runs already, else started. */
export interface FolderServer extends RedisProcess {
  readonly isJoined: boolean;
  /** Where the server program came from. */
  readonly origin: string;
}

/**
 * Joins the server that another process runs on a data folder, or starts one. Two servers never write the same files.
 * The server stops when the last process that uses it is gone.
 *
 * @returns `folder-in-use` when a server runs there on another port than the one asked for.
 */
export const joinOrStart = ({
  folder,
  port,
  start,
}: {
  readonly folder: string;
  readonly port: number | undefined;
  readonly start: () => Promise<Result<FolderServer, LocalRedisError>>;
}): Promise<Result<FolderServer, LocalRedisError>> =>
  withFolderLock(folder, async () => {
    const joined = await join({ folder, port });
    if (joined !== undefined) return joined;
    const started = await start();
    if (started.isOk()) await writeRunningServer(folder, started.value);
    return started;
  });

const join = async ({
  folder,
  port,
}: {
  readonly folder: string;
  readonly port: number | undefined;
}): Promise<Result<FolderServer, LocalRedisError> | undefined> => {
  for (;;) {
    const running = await findRunningServer(folder);
    if (running === undefined) return undefined;
    if (port !== undefined && port !== running.port) return err(toFolderInUse(folder, running));
    const { pid, seatsFolder } = running;
    const watchdog = await startWatchdog(seatsFolder, { pid, port: running.port, doomedFolder: undefined });
    if (watchdog) return ok({ ...running, release: watchdog.release, isJoined: true });
    // Its last user has just left: wait for its end.
    await Bun.sleep(RETRY_INTERVAL_MS);
  }
};

const toFolderInUse = (folder: string, running: RunningServer): LocalRedisError =>
  new LocalRedisError(
    'folder-in-use',
    `A Redis on 127.0.0.1:${running.port} (process ${running.pid}) already serves ${folder}: stop it, or name another folder.`,
  );
