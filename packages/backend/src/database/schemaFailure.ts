import { DatabaseError } from './DatabaseError';
import { SchemaError } from './SchemaError';
import { describePlace, type SqlTables } from './SqlTables';

/** SQLSTATEs of Postgres: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INSUFFICIENT_PRIVILEGE = '42501';
const ALREADY_THERE = ['42P07', '42710']; // a table or an index, another object

const stateOf = ({ cause }: DatabaseError): unknown =>
  cause instanceof Error ? Reflect.get(cause, 'errno') : undefined;

const isForeign = (error: DatabaseError, { dialect }: SqlTables): boolean =>
  dialect === 'sqlite'
    ? /already exists$|^there is already /.test(error.message)
    : ALREADY_THERE.includes(String(stateOf(error)));

/** Says what to do about a statement that failed while the tables were made; what is no matter of theirs stays as it is. */
export const toSchemaError = (thrown: unknown, tables: SqlTables): unknown => {
  if (!(thrown instanceof DatabaseError)) return thrown;
  const { schema = '' } = tables;
  if (isForeign(thrown, tables)) {
    const message = `expected ${describePlace(tables)} to have no tables of the ledger's names that Drover has not made, got: ${thrown.message}. Set LEDGER_SCHEMA to another name`;
    return new SchemaError(message, { code: 'foreign', cause: thrown });
  }
  if (stateOf(thrown) === INSUFFICIENT_PRIVILEGE) {
    const message = `expected the user of LEDGER_URL to be allowed to make the schema ${schema} and its tables, got: ${thrown.message}. Have it made (CREATE SCHEMA ${schema} AUTHORIZATION <user>), or set LEDGER_SCHEMA to one that the user owns`;
    return new SchemaError(message, { code: 'forbidden', cause: thrown });
  }
  return thrown;
};
