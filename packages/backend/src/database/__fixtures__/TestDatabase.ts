import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { SQL } from 'bun';
import { type LocalPostgres, startLocalPostgres } from '../localPostgres';
import { type SqlDialect } from '../SqlDatabase';

/** An empty database of a test. Disposing deletes it, whoever is still connected. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

let ownPostgres: Promise<LocalPostgres> | undefined;

/** The Postgres of the test run, or one that ends with this process. Its user may create databases, schemas and users. */
export const testPostgresUrl = async (): Promise<string> => {
  const { TEST_POSTGRES_URL: url } = process.env;
  if (url) return url;
  ownPostgres ??= startLocalPostgres().then((postgres) => postgres._unsafeUnwrap());
  return (await ownPostgres).url;
};

const withServer = async (url: string, statement: string): Promise<void> => {
  const sql = new SQL(url, { max: 1 });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.close({ timeout: 0 });
  }
};

const createPostgresDatabase = async (): Promise<TestDatabase> => {
  const server = await testPostgresUrl();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => withServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
};

/** Makes an empty database: a file on SQLite, a database of the shared server on Postgres. */
export const createTestDatabase = async (dialect: SqlDialect): Promise<TestDatabase> => {
  if (dialect === 'postgres') return createPostgresDatabase();
  const directory = await createTemporaryDirectory();
  return {
    url: `sqlite://${join(directory.path, 'test.sqlite')}`,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
};
