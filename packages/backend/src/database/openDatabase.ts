import { type DatabaseTarget } from './DatabaseTarget';
import { openPostgres } from './postgresDatabase';
import { type SqlDatabase } from './SqlDatabase';
import { openSqlite } from './sqliteDatabase';

/** How a database is used. */
export interface DatabaseOptions {
  /** Milliseconds until a statement that has no answer, or no lock, is given up; >= 1. Default: 2000. */
  readonly deadlineMs?: number;
  /** Connections at the same time to a Postgres; >= 1. Default: 5. */
  readonly maxConnections?: number;
}

/**
 * Opens a database: with its first statement, which rejects with what is wrong with the file or the server.
 *
 * Every statement and every transaction of a process that use one SQLite file should share one of these: two are to each
 * other as two processes.
 */
export const openDatabase = (
  target: DatabaseTarget,
  { deadlineMs = 2000, maxConnections = 5 }: DatabaseOptions = {},
): SqlDatabase =>
  target.dialect === 'sqlite'
    ? openSqlite(target.path, { deadlineMs })
    : openPostgres(target, { deadlineMs, maxConnections });
