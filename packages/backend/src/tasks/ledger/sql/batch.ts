import { type SqlDialect, type SqlValue } from '@backend/database/SqlDatabase';

/** What one cell of a batch may be. */
export type Cell = SqlValue;

/** A column of a batch. */
export interface BatchColumn {
  readonly name: string;
  readonly type: 'text' | 'integer';
}

/** Makes columns of names; those that end in `_at` or `_until`, and those listed, are integers. */
export const toColumns = <const Name extends string>(
  names: readonly Name[],
  integers: readonly NoInfer<Name>[] = [],
): readonly (BatchColumn & { readonly name: Name })[] =>
  names.map((name) => ({
    name,
    type: /_(at|until)$/.test(name) || integers.includes(name) ? 'integer' : 'text',
  }));

/**
 * A batch of rows as a table of a statement, whatever its size: one text for the database to prepare, and one parameter.
 * Many rows are written to SQLite faster one by one: see `DatabaseTransaction.runEach`.
 *
 * @param placeholder Such as `$1`: JSON, an array with an array for each row.
 */
export const selectBatch = (
  dialect: SqlDialect,
  columns: readonly BatchColumn[],
  placeholder = '$1',
): string => {
  const cells = columns.map(({ name, type }, index) => {
    const value = `e.value ->> ${index}`;
    return `${type === 'integer' ? `CAST(${value} AS BIGINT)` : value} AS ${name}`;
  });
  // Bound as JSON itself, a text would arrive as one JSON string. JSON is read anew for each cell, JSONB once.
  const source =
    dialect === 'postgres'
      ? `jsonb_array_elements(CAST(CAST(${placeholder} AS TEXT) AS JSONB)) AS e(value)`
      : `json_each(${placeholder}) AS e`;
  return `SELECT ${cells.join(', ')} FROM ${source}`;
};

/** A column of texts as a list of SQL, for `IN`. */
export const selectTexts = (dialect: SqlDialect, placeholder = '$1'): string =>
  `(${selectBatch(dialect, [{ name: 'text', type: 'text' }], placeholder)})`;

/** Postgres stores no NUL, and neither database half a character: what a handler throws may have both. */
export const toStorableText = (text: string): string => text.replaceAll('\0', '\u{FFFD}').toWellFormed();

/**
 * A text that no database refuses and that stands for no other one: what cannot be stored is spelt out behind U+FFFD, and that
 * character too.
 */
export const toStorableKey = (key: string): string =>
  key.replaceAll(
    /[\0\uFFFD\p{Surrogate}]/gu,
    (unit) => `\uFFFD${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The parameter of a batch. */
export const toBatch = (rows: readonly (readonly Cell[])[]): string => JSON.stringify(rows);
