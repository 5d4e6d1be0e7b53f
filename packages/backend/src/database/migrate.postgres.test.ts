import { describe, expect, it } from 'bun:test';
import { createGate, openUrl } from './__fixtures__/describeDatabase';
import { describeMigrate, migrations, setUpMigrate } from './__fixtures__/describeMigrate';
import { migrate } from './migrate';

describe('migrate', () => {
  describeMigrate('postgres');

  it('makes a schema of its own, so that tables of the application do not matter', async () => {
    await using world = await setUpMigrate('postgres');
    await world.database.query('CREATE TABLE tasks (title TEXT)');

    expect((await world.run())._unsafeUnwrap()).toEqual({ from: 0, to: 2 });
    expect(await world.database.query('SELECT count(*)::int AS count FROM "drover"."tasks"')).toEqual([
      { count: 0 },
    ]);
  });

  it('says what a user lacks who may make no schema, and does with one that was made', async () => {
    await using world = await setUpMigrate('postgres');
    const user = `weak_${new URL(world.url).pathname.slice(1)}`;
    await world.database.query(`CREATE ROLE ${user} LOGIN`);
    const url = new URL(world.url);
    url.username = user;
    await using weak = openUrl(url.href);
    const refused = (await world.run(migrations, weak))._unsafeUnwrapErr();
    await world.database.query(`CREATE SCHEMA drover AUTHORIZATION ${user}`);
    const allowed = await world.run(migrations, weak);
    await weak.close();
    await world.database.query('DROP SCHEMA drover CASCADE');
    await world.database.query(`DROP ROLE ${user}`);

    expect(refused).toMatchObject({
      name: 'SchemaError',
      code: 'forbidden',
      message: expect.stringMatching(
        /^expected the user of LEDGER_URL to be allowed to make the schema drover and its tables, got: permission denied for database .*LEDGER_SCHEMA/,
      ),
    });
    expect(allowed._unsafeUnwrap()).toEqual({ from: 0, to: 2 });
  });

  it('waits for a process that is at it, but not for ever', async () => {
    await using world = await setUpMigrate('postgres');
    const [locked, end] = [createGate(), createGate()];
    const holder = world.database.transaction(async (within) => {
      await within.query("SELECT pg_advisory_xact_lock(hashtext('drover migrations'), hashtext('drover'))");
      locked.resolve();
      await end.promise;
    });
    await locked.promise;
    const { database, tables } = world;
    const impatient = await migrate({ database, tables, migrations, patienceMs: 50 });
    const patient = world.run();
    end.resolve();
    await holder;

    expect(impatient._unsafeUnwrapErr()).toMatchObject({ name: 'DatabaseError', code: 'busy' });
    expect((await patient)._unsafeUnwrap()).toEqual({ from: 0, to: 2 });
  });

  it('gives a migration more time than a statement has', async () => {
    await using world = await setUpMigrate('postgres');
    await using database = openUrl(world.url, { deadlineMs: 50 });
    const slow = { version: 1, name: 'slow', statements: () => ['SELECT pg_sleep(0.1)'] };

    expect((await world.run([slow], database))._unsafeUnwrap()).toEqual({ from: 0, to: 1 });
  });
});
