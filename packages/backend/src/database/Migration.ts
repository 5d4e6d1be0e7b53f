import { type SqlTables } from './SqlTables';

/** One numbered step from an empty database to the one that the code needs. Never changed once it was released. */
export interface Migration {
  /** 1 for the first, and one more for each that follows. */
  readonly version: number;
  /** What it does, in a few words, for whoever reads the table of migrations. */
  readonly name: string;
  /**
   * The statements, in their order; all of them run in one transaction, and none needs parameters. `CREATE` without `IF NOT
   * EXISTS`: a table that is there already is not ours, and has to be refused.
   */
  statements(tables: SqlTables): readonly string[];
}
