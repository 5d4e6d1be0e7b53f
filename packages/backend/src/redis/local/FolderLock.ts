import { Database } from 'bun:sqlite';
import { join } from 'node:path';

const LOCK_FILE = 'start.lock';
const RETRY_INTERVAL_MS = 50;

/**
 * Runs `work` while no other process runs its own `work` in the same folder.
 *
 * SQLite's exclusive lock: the kernel gives it back when a process dies, so a lock is never left behind.
 */
export const withFolderLock = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  using database = new Database(join(folder, LOCK_FILE));
  database.run('PRAGMA busy_timeout = 0');
  while (!tryLock(database)) await Bun.sleep(RETRY_INTERVAL_MS);
  return await work();
};

const tryLock = (database: Database): boolean => {
  try {
    database.run('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return false;
    throw error;
  }
};
