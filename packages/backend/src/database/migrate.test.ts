import { describe, expect, it } from 'bun:test';
import { describeMigrate, migrations, setUpMigrate } from './__fixtures__/describeMigrate';
import { migrate } from './migrate';
import { createSqlTables } from './SqlTables';

describe('migrate', () => {
  describeMigrate('sqlite');

  it('puts the name of a schema before the names of the tables', async () => {
    await using world = await setUpMigrate('sqlite', 'mine');
    await world.run();
    const rows = await world.database.query(
      "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    );

    expect(rows.map(({ name }) => name)).toEqual(['mine_attempts', 'mine_drover_migrations', 'mine_tasks']);
  });

  it('makes the tables of a schema beside those without one, whatever its name', async () => {
    await using world = await setUpMigrate('sqlite');
    await world.run();
    const beside = createSqlTables('sqlite', 'drover');
    const made = await migrate({ database: world.database, tables: beside, migrations });

    expect(made._unsafeUnwrap()).toEqual({ from: 0, to: 2 });
    expect(await world.database.query('SELECT id FROM drover_tasks')).toEqual([]);
  });
});
