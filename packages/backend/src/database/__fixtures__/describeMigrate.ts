import { expect, it } from 'bun:test';
import { type Migration } from '../Migration';
import { migrate } from '../migrate';
import { type SqlDatabase, type SqlDialect } from '../SqlDatabase';
import { createSqlTables } from '../SqlTables';
import { openUrl } from './describeDatabase';
import { createTestDatabase } from './TestDatabase';

/** Two steps, as a ledger has them. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'make the tasks',
    statements: (tables) => [
      `CREATE TABLE ${tables.name('tasks')} (id TEXT PRIMARY KEY, due BIGINT)`,
      `CREATE INDEX ${tables.schema ?? 'x'}_due ON ${tables.name('tasks')} (due)`,
    ],
  },
  {
    version: 2,
    name: 'make the attempts',
    statements: (tables) => [`CREATE TABLE ${tables.name('attempts')} (id TEXT PRIMARY KEY)`],
  },
];

/** An empty database, opened, and a way to bring it up to date. */
export const setUpMigrate = async (dialect: SqlDialect, schema?: string) => {
  const place = await createTestDatabase(dialect);
  const database = openUrl(place.url);
  const tables = createSqlTables(dialect, schema);
  const run = (steps: readonly Migration[] = migrations, on: SqlDatabase = database) =>
    migrate({ database: on, tables, migrations: steps, now: () => 7 });
  const table = 'drover_migrations';
  return {
    url: place.url,
    database,
    tables,
    run,
    applied: async () =>
      (await database.query(`SELECT * FROM ${tables.name(table)} ORDER BY version`)).map(
        ({ version, name, applied_at: appliedAt }) => [version, name, Number(appliedAt)],
      ),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await place[Symbol.asyncDispose]();
    },
  };
};

/** What `migrate` does on every database; run by the tests of each. */
export const describeMigrate = (dialect: SqlDialect): void => {
  it('applies every migration in its order, notes it, and applies none twice', async () => {
    await using world = await setUpMigrate(dialect);
    const reports = [await world.run(migrations.slice(0, 1)), await world.run(), await world.run()];
    await world.database.query(`INSERT INTO ${world.tables.name('attempts')} (id) VALUES ('a')`);

    expect(reports.map((report) => report._unsafeUnwrap())).toEqual([
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 2 },
    ]);
    expect(await world.applied()).toEqual([
      [1, 'make the tasks', 7],
      [2, 'make the attempts', 7],
    ]);
  });

  it('waits for no lock when nothing is missing', async () => {
    await using world = await setUpMigrate(dialect);
    await world.run();
    const other = openUrl(world.url);
    const report = await other.transaction(async (transaction) => {
      await transaction.query(`INSERT INTO ${world.tables.name('tasks')} (id) VALUES ('a')`);
      return world.run();
    });
    await other.close();

    expect(report._unsafeUnwrap()).toEqual({ from: 2, to: 2 });
  });

  it('keeps nothing of migrations that fail, and goes on when they are right', async () => {
    await using world = await setUpMigrate(dialect);
    const broken = { version: 2, name: 'x', statements: () => ['CREATE TABEL x (y TEXT)'] };
    const failed = await world.run([...migrations.slice(0, 1), broken]);

    expect(failed._unsafeUnwrapErr()).toMatchObject({ name: 'DatabaseError', code: 'refused' });
    expect((await world.run())._unsafeUnwrap()).toEqual({ from: 0, to: 2 });
  });

  it('migrates once when twenty clients come at once', async () => {
    await using world = await setUpMigrate(dialect);
    const clients = Array.from({ length: 20 }, () =>
      openUrl(world.url, { maxConnections: 1, deadlineMs: 10_000 }),
    );
    const reports = await Promise.all(clients.map((client) => world.run(migrations, client)));
    await Promise.all(clients.map((client) => client.close()));

    expect(reports.map((report) => report._unsafeUnwrap().from).toSorted()).toEqual([
      0,
      ...Array.from({ length: 19 }, () => 2),
    ]);
    expect(await world.applied()).toHaveLength(2);
  });

  it('refuses a newer schema, with both versions', async () => {
    await using world = await setUpMigrate(dialect, 'mine');
    await world.run();
    const refused = (await world.run(migrations.slice(0, 1)))._unsafeUnwrapErr();

    expect(refused).toMatchObject({
      name: 'SchemaError',
      code: 'newer',
      message:
        'expected the schema mine to have version 1 or older, which this release of Drover knows, got version 2: ' +
        'update Drover here, or set LEDGER_SCHEMA to another name',
    });
  });

  it('refuses a table of the same name that is not ours, and leaves it alone', async () => {
    await using world = await setUpMigrate(dialect, dialect === 'postgres' ? 'public' : undefined);
    await world.database.query('CREATE TABLE tasks (title TEXT)');
    await world.database.query("INSERT INTO tasks VALUES ('theirs')");
    const refused = (await world.run())._unsafeUnwrapErr();

    expect(refused).toMatchObject({
      name: 'SchemaError',
      code: 'foreign',
      message: expect.stringMatching(/"?tasks"? already exists\. Set LEDGER_SCHEMA to another name$/),
    });
    expect(await world.database.query('SELECT * FROM tasks')).toEqual([{ title: 'theirs' }]);
    const other = await migrate({
      database: world.database,
      tables: createSqlTables(dialect, 'other'),
      migrations,
    });
    expect(other._unsafeUnwrap()).toEqual({ from: 0, to: 2 });
  });

  it('refuses migrations that are not numbered from 1 on', async () => {
    await using world = await setUpMigrate(dialect);

    expect(world.run(migrations.toReversed())).rejects.toThrow(
      'expected migrations to be numbered 1, 2, 3 and so on, got 2, 1',
    );
  });
};
