import { type SqlDialect } from './SqlDatabase';

/** Where the tables of Drover are, and what a statement calls them. */
export interface SqlTables {
  readonly dialect: SqlDialect;
  /** The schema on Postgres; what the names begin with on SQLite, which has no schemas: undefined for nothing. */
  readonly schema: string | undefined;
  /** The quoted name of a table: `"drover"."tasks"` on Postgres; `"tasks"` or `"<schema>_tasks"` on SQLite. */
  name(table: string): string;
}

/** The schema on a Postgres when none is chosen, so that an application's own `tasks` is not touched. */
export const DEFAULT_SCHEMA = 'drover';

/** Quotes the name of a schema or a table. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** What a message calls the place of the tables. */
export const describePlace = ({ schema }: SqlTables): string =>
  schema === undefined ? 'the database' : `the schema ${schema}`;

/** Creates the names of the tables in a schema. Default: `drover` on Postgres, none on SQLite. */
export const createSqlTables = (dialect: SqlDialect, schema?: string): SqlTables => {
  if (dialect === 'postgres') {
    const chosen = schema ?? DEFAULT_SCHEMA;
    return { dialect, schema: chosen, name: (table) => `${quoted(chosen)}.${quoted(table)}` };
  }
  const prefix = schema === undefined ? '' : `${schema}_`;
  return { dialect, schema, name: (table) => quoted(`${prefix}${table}`) };
};
