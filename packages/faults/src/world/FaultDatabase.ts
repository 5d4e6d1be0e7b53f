import { join } from 'node:path';
import { type LocalPostgres, startLocalPostgres } from '@backend/database/localPostgres';
import { SQL } from 'bun';
import { type DatabaseFault, type LedgerSetting } from '../plan/Scenario';

/** A database of the ledger's that can be taken away. */
export interface FaultDatabase extends AsyncDisposable {
  /** For `LEDGER_URL`. */
  readonly url: string;
  /** Names the table in a statement. */
  table(name: string): string;
  /** Runs a statement of the bench's own, past every library. */
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  /** Nobody can use it any more, until the function it answers resolves. */
  takeAway(kind: DatabaseFault['kind']): Promise<() => Promise<void>>;
}

/** The effects of handlers, as an application would have a table of its own. */
const EFFECTS = 'CREATE TABLE effects (task_id TEXT NOT NULL, run TEXT NOT NULL)';

/** How long the bench waits for the locks of those that it tests; milliseconds. */
const BUSY_TIMEOUT_MS = 5000;

/** Makes an empty database with a table for the effects of handlers. */
export const openFaultDatabase = async (
  { dialect }: LedgerSetting,
  folder: string,
): Promise<FaultDatabase> => {
  const database = dialect === 'sqlite' ? await openSqlite(folder) : await openPostgres();
  await database.query(EFFECTS);
  return database;
};

const cannot = (dialect: string, kind: string): Error =>
  new Error(`expected a fault of ${dialect}, got ${kind}: the scenario is wrong`);

const openSqlite = async (folder: string): Promise<FaultDatabase> => {
  const filename = join(folder, 'ledger.sqlite');
  const connect = async (): Promise<SQL> => {
    const sql = new SQL({ adapter: 'sqlite', filename });
    await sql.unsafe(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return sql;
  };
  const sql = await connect();
  await sql.unsafe('PRAGMA journal_mode = WAL');
  return {
    url: `sqlite://${filename}`,
    table: (name) => name,
    query: async (text) => [...(await sql.unsafe(text))],
    takeAway: async (kind) => {
      if (kind !== 'lock-database') throw cannot('SQLite', kind);
      const writer = await connect();
      await writer.unsafe('BEGIN IMMEDIATE');
      return async () => {
        await writer.unsafe('ROLLBACK');
        await writer.close();
      };
    },
    [Symbol.asyncDispose]: () => sql.close(),
  };
};

const openPostgres = async (): Promise<FaultDatabase> => {
  const started = await startLocalPostgres();
  if (started.isErr()) throw started.error;
  const postgres = started.value;
  const sql = new SQL(postgres.url, { max: 1 });
  return {
    url: postgres.url,
    table: (name) => `drover.${name}`,
    query: async (text) => [...(await sql.unsafe(text))],
    takeAway: (kind) => takePostgresAway(postgres, kind),
    [Symbol.asyncDispose]: async () => {
      await sql.close({ timeout: 0 });
      await postgres.stop();
    },
  };
};

const takePostgresAway = async (
  postgres: LocalPostgres,
  kind: DatabaseFault['kind'],
): Promise<() => Promise<void>> => {
  switch (kind) {
    case 'suspend-database':
      await postgres.suspend();
      return () => postgres.resume();
    case 'kill-database':
      await postgres.kill();
      return () => postgres.start();
    case 'lock-database':
      throw cannot('Postgres', kind);
  }
};
