import { describe, expect, it } from 'bun:test';
import { describeMigrate, setUpMigrate } from './__fixtures__/describeMigrate';

describe('migrate', () => {
  describeMigrate('sqlite');

  it('puts the name of a schema before the names of the tables', async () => {
    await using world = await setUpMigrate('sqlite', 'mine');
    await world.run();
    const rows = await world.database.query(
      "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    );

    expect(rows.map(({ name }) => name)).toEqual(['mine_attempts', 'mine_migrations', 'mine_tasks']);
  });
});
