import { DatabaseError, type DatabaseErrorCode } from '@backend/database/DatabaseError';
import { toDatabaseError } from '@backend/database/databaseFailure';
import { SchemaError } from '@backend/database/SchemaError';
import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { err, ok, type Result } from 'neverthrow';
import { LedgerError, type LedgerErrorCode } from '../LedgerError';

/** The ledger's database as its parts use it. */
export interface LedgerDatabase {
  readonly tables: SqlTables;
  /** `QUEUE_PREFIX`: other applications may keep their tasks in the same tables. */
  readonly queuePrefix: string;
  /** Milliseconds a statement may take, the wait for locks included. */
  readonly deadlineMs: number;
  /** Opens the database if need be and does some work on it; what the work rejects with is answered. */
  run<T>(work: (database: SqlDatabase) => Promise<T>): Promise<Result<T, LedgerError>>;
  /** How much work has come to nothing so far. */
  failureCount(): number;
}

/** What the access to a ledger's database is made of. */
export interface LedgerDatabaseOptions {
  readonly database: SqlDatabase;
  readonly tables: SqlTables;
  readonly queuePrefix: string;
  /** Brings the tables up to date; asked again when it has rejected. */
  migrate(): Promise<void>;
  /** That of the database; milliseconds. */
  readonly deadlineMs: number;
}

/** Work that was busy for this part of the deadline has waited for its lock: a try after that would only wait as long again. */
const PATIENT_PART = 0.75;

/** How often work is done again that lost against somebody else's, or found no tables; nothing was written then. */
const MAX_TRIES = 4;

/** Somebody has put another SQLite file in the place of the one that was brought up to date. */
const NO_TABLE = /^no such table/;

/** Before work is done again; milliseconds, times the number of the try. */
const PAUSE_MS = 10;

/** Creates the access to the ledger's database. Free: it is opened by the first work. */
export const createLedgerDatabase = ({
  database,
  tables,
  queuePrefix,
  migrate,
  deadlineMs,
}: LedgerDatabaseOptions): LedgerDatabase => {
  let opening: Promise<void> | undefined;
  let isOpen = false;
  let failureCount = 0;
  const migrateOnce = async (): Promise<void> => {
    try {
      await migrate();
      isOpen = true;
    } finally {
      opening = undefined;
    }
  };
  const open = (): Promise<void> => {
    opening ??= migrateOnce();
    return opening;
  };
  return {
    tables,
    queuePrefix,
    deadlineMs,
    failureCount: () => failureCount,
    run: async (work) => {
      const startedAtMs = performance.now();
      for (let tries = 1; ; tries += 1) {
        try {
          if (!isOpen) await open();
          return ok(await work(database));
        } catch (thrown) {
          const isBusy = thrown instanceof DatabaseError && thrown.code === 'busy';
          const isTableless = thrown instanceof DatabaseError && NO_TABLE.test(thrown.message);
          if (isTableless) isOpen = false;
          const isLate = performance.now() - startedAtMs > PATIENT_PART * deadlineMs;
          if (!(isBusy || isTableless) || isLate || tries === MAX_TRIES) {
            failureCount += 1;
            return err(toLedgerError(thrown));
          }
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tries));
      }
    },
  };
};

const CODES = {
  unavailable: 'ledger-unavailable',
  full: 'ledger-unavailable',
  busy: 'ledger-unavailable',
  'read-only': 'ledger-unavailable',
  closed: 'ledger-unavailable',
  duplicate: 'ledger-refused',
  refused: 'ledger-refused',
} as const satisfies Record<DatabaseErrorCode, LedgerErrorCode>;

const PROBLEMS = {
  unavailable: 'does not answer',
  full: 'takes no writes',
  busy: 'is busy',
  'read-only': 'takes no writes',
  closed: 'is closed',
  duplicate: 'refused',
  refused: 'refused',
} as const satisfies Record<DatabaseErrorCode, string>;

/** Makes a `LedgerError` of what a statement rejected with. */
export const toLedgerError = (thrown: unknown): LedgerError => {
  if (thrown instanceof LedgerError) return thrown;
  if (thrown instanceof SchemaError)
    return new LedgerError(thrown.message, { code: 'ledger-schema', cause: thrown });
  if (!isOfDatabase(thrown)) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new LedgerError(`the ledger failed: ${message}`, { code: 'ledger-refused', cause: thrown });
  }
  const cause = toDatabaseError(thrown);
  return new LedgerError(`the ledger's database ${PROBLEMS[cause.code]}: ${cause.message}`, {
    code: CODES[cause.code],
    cause,
  });
};

/** What a client says itself has a code. The rest our own code has thrown, which is none of the database's fault. */
const isOfDatabase = (thrown: unknown): boolean =>
  thrown instanceof DatabaseError || (thrown instanceof Error && 'code' in thrown);

/** Does some work in a transaction of the caller's, on whatever client; what it rejects with is answered. */
export const withinTransaction = async <T>(work: () => Promise<T>): Promise<Result<T, LedgerError>> => {
  try {
    return ok(await work());
  } catch (thrown) {
    return err(toLedgerError(thrown));
  }
};
