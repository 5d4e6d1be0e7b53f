import { type SqlDialect } from '@backend/database/SqlDatabase';

type Methods = Readonly<Record<string, unknown>>;

const EXPECTED =
  'expected an open transaction: one of Bun.SQL (what sql.begin hands over), or an adapter of another client, { query(text, values) }';

const has = (given: Methods, ...names: readonly string[]): boolean =>
  names.every((name) => typeof given[name] === 'function');

/** What is taken for a transaction most often, by the methods that it has; the first that fits. */
const MISTAKES: readonly (readonly [fits: (given: Methods) => boolean, name: string])[] = [
  [(it) => has(it, 'unsafe', 'release'), 'a reserved connection, which may be in no transaction'],
  [(it) => has(it, 'unsafe', 'begin'), 'a whole client of SQL, whose statements are no transaction'],
  [
    (it) => has(it, 'connect', 'query') && 'totalCount' in it,
    'a pool of pg, whose statements may each take another connection',
  ],
  [
    (it) => has(it, 'connect', 'query'),
    'a client of pg: after its BEGIN, hand over { query: async (text, values) => (await client.query(text, values)).rows }',
  ],
  [
    (it) => has(it, 'execute', 'select', 'rollback'),
    'a transaction of drizzle: hand over { query(text, values) } around its execute',
  ],
  [(it) => has(it, 'execute', 'select'), 'a whole database of drizzle, whose statements are no transaction'],
  [(it) => has(it, 'prepare', 'transaction'), 'a database of SQLite, which is no transaction'],
];

/**
 * Says why something is no transaction of a database of this dialect; nothing when it may be one.
 *
 * Clients are told from transactions by the methods that only one of them has: of `Bun.SQL` and postgres.js only a transaction
 * has `savepoint`.
 */
export const transactionProblem = (given: unknown, dialect: SqlDialect): string | undefined => {
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null)
    return `${EXPECTED}, got ${given === null ? 'null' : describe(given)}`;
  // Whatever it is, its properties may be read.
  const methods = given as Methods;
  if (typeof given === 'function' && has(methods, 'unsafe', 'savepoint'))
    return dialectProblem(methods, dialect);
  const mistake = MISTAKES.find(([fits]) => fits(methods));
  if (mistake !== undefined) return `${EXPECTED}, got ${mistake[1]}`;
  if (!has(methods, 'query')) return `${EXPECTED}, got ${describe(given)} without the method query`;
  if (methods['afterCommit'] !== undefined && !has(methods, 'afterCommit'))
    return `expected afterCommit of the transaction adapter to be a function, got ${describe(methods['afterCommit'])}`;
  return undefined;
};

const ADAPTERS: Readonly<Record<string, SqlDialect>> = { sqlite: 'sqlite', postgres: 'postgres' };

const NAMES: Readonly<Record<SqlDialect, string>> = { sqlite: 'SQLite', postgres: 'Postgres' };

/** Only `Bun.SQL` says which database it speaks to; every other client with these methods speaks to Postgres. */
const dialectProblem = ({ options }: Methods, dialect: SqlDialect): string | undefined => {
  const adapter =
    typeof options === 'object' && options !== null && 'adapter' in options ? options.adapter : 'postgres';
  const got = ADAPTERS[String(adapter)];
  return got === dialect
    ? undefined
    : `expected a transaction on the ledger's database, which is ${NAMES[dialect]} (LEDGER_URL), got one on ${got === undefined ? String(adapter) : NAMES[got]}`;
};

const describe = (given: unknown): string => {
  if (given === undefined) return 'undefined';
  if (typeof given === 'function') return 'a function';
  if (typeof given === 'object') return 'an object';
  return JSON.stringify(given) ?? typeof given;
};
