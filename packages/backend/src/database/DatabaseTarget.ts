import { isIPv6 } from 'node:net';
import { err, ok, type Result } from 'neverthrow';

/** Which database is meant, read from a URL. */
export type DatabaseTarget =
  | {
      readonly dialect: 'sqlite';
      /** Of the file, relative to the working folder or absolute; `:memory:` for none. */
      readonly path: string;
    }
  | {
      readonly dialect: 'postgres';
      /** With user and password: never to be shown. */
      readonly url: string;
      /** `host:port/database`, to be shown. */
      readonly place: string;
      readonly database: string;
    };

/** A SQLite that each process has for itself, and that ends with it. */
export const MEMORY_URL = 'sqlite://:memory:';

/** The URL of a database is not one of the accepted forms. The message never shows the URL, which may hold a password. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

/** The forms that {@link parseDatabaseUrl} accepts, in words, to follow "expected LEDGER_URL to be". */
export const DATABASE_URL_FORMS =
  'sqlite://path/to/file (relative to the working folder), sqlite:///absolute/path, sqlite://:memory:, or ' +
  'postgres://[user[:password]@]host[:port]/database[?sslmode=require]';

const POSTGRES =
  /^postgres(?:ql)?:\/\/(?:([^:@/?#\s]*)(?::([^@/?#\s]*))?@)?([^@/?#\s]+)\/([^@/?#\s]+?)(?:\?([^#\s]*))?$/;
const HOST = /^(?:[A-Za-z0-9_.-]+|\[([^\]]+)\])(?::(\d{1,5}))?$/;
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** A `?` would begin a query, which SQLite reads options from. */
const parseSqlite = (url: string): Result<DatabaseTarget, string> => {
  const path = url.slice('sqlite://'.length);
  if (path === ':memory:') return ok({ dialect: 'sqlite', path });
  if (path === '' || /[\0?#]/.test(path) || path.endsWith('/'))
    return err('to name a file, without ? and # in its path');
  return ok({ dialect: 'sqlite', path });
};

const isHost = (text: string): boolean => {
  const [match, address, port = '5432'] = HOST.exec(text) ?? [];
  const isAddress = address === undefined || isIPv6(address);
  return match !== undefined && isAddress && Number(port) >= 1 && Number(port) <= 65_535;
};

const isEncoded = (texts: readonly string[]): boolean => {
  try {
    return texts.every((text) => decodeURIComponent(text) !== undefined);
  } catch {
    return false;
  }
};

/** Why the query of a URL cannot be taken; undefined when it can. */
const queryProblem = (query: string): string | undefined => {
  for (const [name, value] of new URLSearchParams(query)) {
    if (!/^[a-z_.]+$/.test(name)) return 'to have parameters of small letters, such as ?sslmode=require';
    if (name === 'sslmode' && !SSL_MODES.includes(value))
      return `to have an sslmode that is one of ${SSL_MODES.join(', ')}`;
  }
  return undefined;
};

const parsePostgres = (url: string): Result<DatabaseTarget, string> => {
  const [match, user = '', password = '', host = '', name = '', query = ''] = POSTGRES.exec(url) ?? [];
  if (match === undefined || !isHost(host)) return err(`to be ${DATABASE_URL_FORMS}`);
  if (!isEncoded([user, password, name]))
    return err('to have percent-encoded user, password and database (% is %25)');
  const problem = queryProblem(query);
  if (problem !== undefined) return err(problem);
  const database = decodeURIComponent(name);
  return ok({ dialect: 'postgres', url, place: `${host}/${database}`, database });
};

/**
 * Reads the URL of a database: a SQLite file or a Postgres. Special characters of user, password and database are
 * percent-encoded. Error: `DatabaseUrlError`, which says what was expected.
 *
 * @param field The variable that holds it, for the message. Default: `LEDGER_URL`.
 */
export const parseDatabaseUrl = (
  url: string,
  field = 'LEDGER_URL',
): Result<DatabaseTarget, DatabaseUrlError> => {
  const parsed = url.startsWith('sqlite://') ? parseSqlite(url) : parsePostgres(url);
  return parsed.mapErr((expected) => new DatabaseUrlError(`expected ${field} ${expected}`));
};
