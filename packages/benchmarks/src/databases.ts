import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { openDatabase } from '@backend/database/openDatabase';
import { type Lab, type LedgerKind } from './Benchmark';

/** An empty database for one measurement. Disposing deletes it. */
export interface BenchmarkDatabase extends AsyncDisposable {
  /** Value of `LEDGER_URL`. */
  readonly url: string;
}

/** Makes an empty database: a file beside Redis's own data, or a database of the lab's Postgres; `off` makes none. */
export const createBenchmarkDatabase = async (
  kind: LedgerKind,
  lab: Pick<Lab, 'dataDir' | 'postgresUrl'>,
): Promise<BenchmarkDatabase> => {
  switch (kind) {
    case 'off':
      return { url: 'off', [Symbol.asyncDispose]: async () => undefined };
    case 'sqlite': {
      const folder = await mkdtemp(join(lab.dataDir, 'benchmark-'));
      return {
        url: `sqlite://${join(folder, 'ledger.sqlite')}`,
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
      };
    }
    case 'postgres':
      return createOnServer(lab.postgresUrl ?? '');
  }
};

const createOnServer = async (serverUrl: string): Promise<BenchmarkDatabase> => {
  const name = `benchmark_${Bun.randomUUIDv7().replaceAll('-', '')}`;
  await askServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => askServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
};

/** To make or drop a database takes longer than a statement of the ledger ever should; milliseconds. */
const SERVER_DEADLINE_MS = 30_000;

const askServer = async (serverUrl: string, statement: string): Promise<void> => {
  const target = parseDatabaseUrl(serverUrl, 'the URL of the Postgres of the benchmarks');
  if (target.isErr()) throw target.error;
  const server = openDatabase(target.value, { deadlineMs: SERVER_DEADLINE_MS, maxConnections: 1 });
  try {
    await server.query(statement);
  } finally {
    await server.close();
  }
};
