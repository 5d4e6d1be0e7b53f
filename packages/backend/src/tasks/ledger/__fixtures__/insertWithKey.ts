import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { openDatabase } from '@backend/database/openDatabase';
import { createSqlTables } from '@backend/database/SqlTables';
import { createLedgerDatabase } from '../sql/LedgerDatabase';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEntry } from './LedgerBench';

/** Inserts a task under an idempotency key into the database of its first argument, and prints what it came to. */
const [, , url = ''] = process.argv;
const deadlineMs = 10_000;
const database = openDatabase(parseDatabaseUrl(url)._unsafeUnwrap(), { deadlineMs });
const tables = createSqlTables(database.dialect, undefined);
const writer = createSqlWriter(
  createLedgerDatabase({ database, tables, queuePrefix: 'test', deadlineMs, migrate: async () => undefined }),
);
const entry = sampleEntry({ key: { kind: 'idempotency', key: 'once', expiresAtMs: CREATED_AT_MS + 1000 } });
console.log((await writer.insert(entry))._unsafeUnwrap().kind);
await database.close();
