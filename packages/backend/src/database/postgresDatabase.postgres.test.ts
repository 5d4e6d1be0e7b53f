import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import {
  createGate,
  describeDatabase,
  failureOf,
  openUrl,
  setUpNotes,
} from './__fixtures__/describeDatabase';
import { createTestDatabase, testPostgresUrl } from './__fixtures__/TestDatabase';
import { suspendProcesses } from './local/SuspendedProcesses';
import { startLocalPostgres } from './localPostgres';

const DEADLINE_MS = 300;

/** A server of the test's own, which it may stop, and a database on it with one row. */
const setUpServer = async () => {
  const server = (await startLocalPostgres())._unsafeUnwrap();
  const database = openUrl(server.url, { deadlineMs: DEADLINE_MS, maxConnections: 2 });
  await database.query('CREATE TABLE notes (id TEXT PRIMARY KEY, length BIGINT)');
  await database.query("INSERT INTO notes (id, length) VALUES ('a', 0)");
  return {
    server,
    database,
    isBack: () => until(async () => (await failureOf(database.query('SELECT 1'))) !== 'unavailable'),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await server.stop();
    },
  };
};

const ADD_ONE = "UPDATE notes SET length = length + 1 WHERE id = 'a'";

describe('openPostgres', () => {
  describeDatabase('postgres');

  it('answers within the deadline that a server stands still, and loses no connection by it', async () => {
    await using world = await setUpServer();
    const { server, database } = world;
    await server.suspend();
    const startedAtMs = performance.now();
    const failures = await Promise.all(
      Array.from({ length: 4 }, () => failureOf(database.query('SELECT 1'))),
    );
    const beginning = await failureOf(database.transaction(async () => 1));
    const tookMs = performance.now() - startedAtMs;
    await server.resume();
    await world.isBack();

    expect([...failures, beginning]).toEqual(Array.from({ length: 5 }, () => 'unavailable'));
    expect(tookMs).toBeLessThan(6 * DEADLINE_MS);
    expect(await Promise.all([1, 2, 3].map(() => database.query('SELECT 1 AS one')))).toEqual(
      [1, 2, 3].map(() => [{ one: 1 }]),
    );
  });

  it('hands a connection that stood still to nobody', async () => {
    await using world = await setUpServer();
    await using single = openUrl(world.server.url, { deadlineMs: DEADLINE_MS, maxConnections: 1 });
    const ask = () => single.query('SELECT pg_backend_pid() AS pid');
    const [first] = await ask();
    const resume = await suspendProcesses([Number(first?.['pid'])]);
    const failure = await failureOf(ask());
    const [second] = await ask();
    await resume();

    expect(failure).toBe('unavailable');
    expect(second?.['pid']).not.toBe(first?.['pid']);
  });

  const moments: [moment: string, statementsBefore: number, isCommitting: boolean][] = [
    ['with its first statement', 0, false],
    ['with a later one', 1, false],
    ['with its commit', 1, true],
  ];

  it.each(moments)('gives up a transaction that stands still %s, and the locks it had', async (...moment) => {
    const [, statementsBefore, isCommitting] = moment;
    await using world = await setUpServer();
    const { server, database } = world;
    const transaction = database.transaction(async (within) => {
      for (let index = 0; index < statementsBefore; index += 1) await within.query(ADD_ONE);
      await server.suspend();
      if (!isCommitting) await within.query(ADD_ONE);
    });
    const failure = await failureOf(transaction);
    await server.resume();
    await world.isBack();
    await database.query(ADD_ONE);
    const [row] = await database.query('SELECT length FROM notes');

    expect(failure).toBe('unavailable');
    // Nobody knows whether a commit without an answer was carried out.
    expect(isCommitting ? [1, 2] : [1]).toContain(Number(row?.['length']));
  });

  it('answers that a server is gone, and where it was, and goes on when it is there again', async () => {
    await using world = await setUpServer();
    const { server, database } = world;
    await server.kill();
    const asking = database.query('SELECT 1');
    const message = await asking.then(
      () => 'no error',
      (error: Error) => error.message,
    );
    const failure = await failureOf(database.query('SELECT 1'));
    await server.start();
    await world.isBack();

    expect(message).toStartWith(`the database at 127.0.0.1:${server.port}/postgres is not available: `);
    expect(failure).toBe('unavailable');
    expect(await database.query('SELECT id FROM notes')).toEqual([{ id: 'a' }]);
  });

  it('rolls back a transaction in which a statement failed, though its work went on', async () => {
    await using notes = await setUpNotes('postgres');
    const transaction = notes.database.transaction(async (within) => {
      await within.query("INSERT INTO notes (id) VALUES ('a')");
      await failureOf(within.query('SELEKT 1'));
    });

    expect(await failureOf(transaction)).toBe('refused');
    expect(await notes.ids()).toEqual([]);
  });

  it('waits for a free connection no longer than for an answer', async () => {
    await using notes = await setUpNotes('postgres', { deadlineMs: 100, maxConnections: 1 });
    const nested = notes.database.transaction(() => failureOf(notes.database.query('SELECT 1')));

    expect(await nested).toBe('unavailable');
    expect(await notes.ids()).toEqual([]);
  });

  it('gives a transaction with a longer deadline the time on the server too', async () => {
    await using notes = await setUpNotes('postgres', { deadlineMs: 100 });
    const sleep = 'SELECT pg_sleep(0.2)';
    const patient = notes.database.transaction((within) => within.query(sleep), { deadlineMs: 5000 });

    expect(await patient).toHaveLength(1);
    expect(await failureOf(notes.database.query(sleep))).toBe('unavailable');
    expect(await failureOf(notes.database.transaction((within) => within.query(sleep)))).toBe('unavailable');
  });

  it('rejects what runs when it is closed as closed', async () => {
    await using notes = await setUpNotes('postgres');
    const begun = createGate();
    const running = notes.database.transaction(async (within) => {
      const sleeping = within.query('SELECT pg_sleep(60)');
      begun.resolve();
      await sleeping;
    });
    const failure = failureOf(running);
    await begun.promise;
    await notes.database.close();

    expect(await failure).toBe('closed');
  });

  it('says which database or user the server does not know, and never a password', async () => {
    const server = await testPostgresUrl();
    const wrongDatabase = new URL(server);
    wrongDatabase.pathname = '/nowhere';
    const wrongUser = new URL(server);
    wrongUser.username = 'nobody';
    wrongUser.password = 'hunter2';
    const messages: unknown[] = [];
    for (const url of [wrongDatabase.href, wrongUser.href]) {
      await using database = openUrl(url);
      messages.push(await database.query('SELECT 1').catch((error: Error) => error.message));
    }

    expect(messages).toEqual(['database "nowhere" does not exist', 'role "nobody" does not exist']);
  });

  it('says what a server may be that cannot be reached', async () => {
    await using database = openUrl('postgres://u@127.0.0.1:1/none');

    expect(await database.query('SELECT 1').catch((error: Error) => error.message)).toBe(
      'the database at 127.0.0.1:1/none is not available: nothing takes connections there, or its host is not known',
    );
  });

  it('takes the parameters of the URL', async () => {
    await using place = await createTestDatabase('postgres');
    await using database = openUrl(`${place.url}?sslmode=prefer&application_name=ledger`);

    expect(await database.query("SELECT current_setting('application_name') AS name")).toEqual([
      { name: 'ledger' },
    ]);
  });
});
