import { describe, expect, it } from 'bun:test';
import { openUrl } from '@backend/database/__fixtures__/describeDatabase';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { createLedgerDatabase } from '../sql/LedgerDatabase';
import { createSqlOutbox } from '../sql/sqlOutbox';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createOutboxBench, idsOf, NOW_MS, sampleClaim } from './OutboxBench';
import { takeBack } from './takeBack';

/** What an outbox promises, on one database. */
export const describeOutbox = (dialect: SqlDialect): void => {
  describe(`createSqlOutbox on ${dialect}: claim`, () => {
    it('claims tasks with all that they were scheduled with, the oldest first', async () => {
      await using ledger = await createOutboxBench(dialect);
      const first = sampleEntry(
        { dueAtMs: NOW_MS + 5, debounce: { kind: 'debounce', key: 'k', windowMs: 5, maxWaitMs: 9 } },
        { metadata: { a: [1] }, expiresAtMs: NOW_MS + 9 },
      );
      const second = sampleEntry();
      for (const entry of [second, first]) (await ledger.writer.insert(entry))._unsafeUnwrap();

      const claimed = await ledger.claim();

      const told = { attemptsMade: 0, crashCount: 0, hasBegun: false };
      expect(claimed).toEqual([
        { ...first, ...told },
        { ...second, ...told },
      ]);
    });

    it('claims no more than it may', async () => {
      await using ledger = await createOutboxBench(dialect);
      const ids = [await ledger.insert(), await ledger.insert(), await ledger.insert()];

      expect(idsOf(await ledger.claim({ limit: 2 }))).toEqual(ids.slice(0, 2));
      expect(idsOf(await ledger.claim({ limit: 2 }))).toEqual(ids.slice(2));
    });

    it('gives nobody a task whose lease holds, and anybody one whose lease is over', async () => {
      await using ledger = await createOutboxBench(dialect);
      const id = await ledger.insert();
      await ledger.claim({ leaseMs: 1000 });

      expect(await ledger.claim({ nowMs: NOW_MS + 999 })).toEqual([]);
      expect(idsOf(await ledger.claim({ nowMs: NOW_MS + 1000 }))).toEqual([id]);
    });

    it('gives each task to one of many claimants at once, and leaves none', async () => {
      await using ledger = await createOutboxBench(dialect);
      const ids = await Promise.all(Array.from({ length: 60 }, () => ledger.insert()));
      const claimants = Array.from({ length: 6 }, () => createSqlOutbox(ledger.ledgerDatabase));

      const claimed: TaskId[] = [];
      for (let round = 0; claimed.length < ids.length && round < 20; round += 1) {
        const batches = await Promise.all(claimants.map((each) => each.claim(sampleClaim({ limit: 5 }))));
        claimed.push(...batches.flatMap((batch) => idsOf(batch._unsafeUnwrap().tasks)));
      }

      expect(claimed.toSorted()).toEqual(ids.toSorted());
    });

    it('leaves young tasks to the process that schedules them', async () => {
      await using ledger = await createOutboxBench(dialect);
      const id = await ledger.insert({ createdAtMs: NOW_MS - 1999 });

      expect(await ledger.claim()).toEqual([]);
      expect(idsOf(await ledger.claim({ nowMs: NOW_MS + 1 }))).toEqual([id]);
    });

    it('claims at once what a clock that was ahead has put into the future', async () => {
      await using ledger = await createOutboxBench(dialect);
      const ahead = await ledger.insert({ createdAtMs: NOW_MS + 2001 });
      await ledger.insert({ createdAtMs: NOW_MS + 2000 });

      expect(idsOf(await ledger.claim())).toEqual([ahead]);
    });

    it('claims none that is on its queue, has ended, or belongs to another application', async () => {
      await using ledger = await createOutboxBench(dialect);
      await ledger.publish(await ledger.insert());
      await ledger.writer.cancel(await ledger.insert(), { nowMs: NOW_MS });
      const other = createLedgerDatabase({
        ...ledger.ledgerDatabase,
        database: ledger.database,
        queuePrefix: 'other',
        deadlineMs: 2000,
        migrate: async () => undefined,
      });
      const foreign = sampleEntry();
      await createSqlWriter(other).insert(foreign);

      expect(await ledger.claim()).toEqual([]);
      expect((await ledger.outbox.readUnpublished([foreign.id]))._unsafeUnwrap().tasks).toEqual([]);
      expect(idsOf((await createSqlOutbox(other).claim(sampleClaim()))._unsafeUnwrap().tasks)).toEqual([
        foreign.id,
      ]);
    });

    it('says how many attempts a task has made, and when it is due', async () => {
      await using ledger = await createOutboxBench(dialect);
      const id = await ledger.insert();
      const error = { message: 'no', code: 'task-failed', attempt: 1 } as const;
      const outcome = { kind: 'retry', error, dueAtMs: NOW_MS + 77 } as const;
      await ledger.writer.end(sampleEnd(id, { outcome }));
      await takeBack(ledger.outbox, id);

      const [task] = await ledger.claim();

      expect(task).toMatchObject({ id, attemptsMade: 1, hasBegun: true, dueAtMs: NOW_MS + 77 });
    });

    it('lets others claim what is given back', async () => {
      await using ledger = await createOutboxBench(dialect);
      const id = await ledger.insert();
      await ledger.claim();

      (await ledger.outbox.release([id]))._unsafeUnwrap();

      expect(idsOf(await ledger.claim())).toEqual([id]);
    });
  });

  describe(`createSqlOutbox on ${dialect}: publication`, () => {
    it('writes notes together, at once when that is asked', async () => {
      await using ledger = await createOutboxBench(dialect);
      const ids = [await ledger.insert(), await ledger.insert()];
      for (const id of ids) ledger.outbox.notePublished(id);
      expect((await ledger.row(ids[0] as TaskId))?.['published_at']).toBeNull();

      await ledger.outbox.settled();

      const rows = await Promise.all(ids.map((id) => ledger.row(id)));
      expect(rows.map((row) => Number(row?.['published_at']))).toEqual([NOW_MS, NOW_MS]);
    });

    it('changes nothing of a task that has ended', async () => {
      await using ledger = await createOutboxBench(dialect);
      const id = await ledger.insert();
      await ledger.writer.end(sampleEnd(id));
      const before = await ledger.row(id);

      await ledger.publish(id);
      await ledger.outbox.release([id]);
      const updatedAtMs = Number(before?.['updated_at']);
      const takenBack = await ledger.outbox.unpublish([{ id, status: 'completed', updatedAtMs }]);

      expect(takenBack._unsafeUnwrap()).toEqual({ unpublishedIds: [], cancelled: [] });
      expect(await ledger.row(id)).toEqual(before as NonNullable<typeof before>);
    });

    it('knows which tasks are committed', async () => {
      await using ledger = await createOutboxBench(dialect);
      const [there, absent] = [await ledger.insert(), TaskId()];

      expect((await ledger.outbox.listCommitted([absent, there]))._unsafeUnwrap()).toEqual([there]);
    });

    it('reads which tasks are on no queue, claimed or not', async () => {
      await using ledger = await createOutboxBench(dialect);
      const entry = sampleEntry();
      await ledger.writer.insert(entry);
      const [published, ended] = [await ledger.insert(), await ledger.insert()];
      await ledger.publish(published);
      await ledger.writer.cancel(ended, { nowMs: NOW_MS });
      await ledger.claim();

      const found = await ledger.outbox.readUnpublished([published, entry.id, ended, TaskId()]);

      expect(found._unsafeUnwrap().tasks).toEqual([
        { ...entry, attemptsMade: 0, crashCount: 0, hasBegun: false },
      ]);
    });

    it('counts what is behind, and says how long the first has waited', async () => {
      await using ledger = await createOutboxBench(dialect);
      expect((await ledger.outbox.lag(NOW_MS))._unsafeUnwrap()).toEqual({
        count: 0,
        oldestMs: 0,
        aheadMs: 0,
      });
      await ledger.insert();
      await ledger.insert({ createdAtMs: CREATED_AT_MS + 5 });
      const published = await ledger.insert({ createdAtMs: CREATED_AT_MS - 5 });
      await ledger.publish(published);

      expect((await ledger.outbox.lag(NOW_MS))._unsafeUnwrap()).toEqual({
        count: 2,
        oldestMs: 60_000,
        aheadMs: 0,
      });

      await takeBack(ledger.outbox, published);
      expect((await ledger.outbox.lag(NOW_MS + 7))._unsafeUnwrap()).toEqual({
        count: 3,
        oldestMs: 60_007,
        aheadMs: 0,
      });
    });

    it('says how far a task is ahead that a clock has put into the future, apart from how long one waits', async () => {
      await using ledger = await createOutboxBench(dialect);
      await ledger.insert({ createdAtMs: NOW_MS + 90_000 });
      const lagAt = async (nowMs: number) => (await ledger.outbox.lag(nowMs))._unsafeUnwrap();
      expect(await lagAt(NOW_MS)).toEqual({ count: 1, oldestMs: 0, aheadMs: 90_000 });
      await ledger.insert({ createdAtMs: NOW_MS - 60_000 });

      expect(await lagAt(NOW_MS)).toEqual({ count: 2, oldestMs: 60_000, aheadMs: 90_000 });
      expect(await lagAt(NOW_MS + 100_000)).toEqual({ count: 2, oldestMs: 160_000, aheadMs: 0 });
    });

    it('says of a database whose disk is full that it takes no writes, until there is room', async () => {
      await using ledger = await createOutboxBench(dialect);
      expect((await ledger.outbox.lag(NOW_MS)).isOk()).toBe(true);
      const fill =
        dialect === 'sqlite'
          ? ['PRAGMA max_page_count = 1'] // what the file has is the least
          : [
              `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`,
              `CREATE TRIGGER refuse BEFORE INSERT ON ${ledger.tables.name('tasks')} EXECUTE FUNCTION refuse()`,
            ];
      const empty =
        dialect === 'sqlite'
          ? 'PRAGMA max_page_count = 1000000'
          : `DROP TRIGGER refuse ON ${ledger.tables.name('tasks')}`;
      for (const statement of fill) await ledger.database.query(statement);
      while ((await ledger.writer.insert(sampleEntry())).isOk());

      const lag = await ledger.outbox.lag(NOW_MS);
      await ledger.database.query(empty);

      expect(lag._unsafeUnwrapErr()).toMatchObject({
        code: 'ledger-unavailable',
        message: expect.stringMatching(
          /^the ledger's database takes no writes: (database or disk is full|could not extend file)/,
        ),
      });
      expect((await ledger.outbox.lag(NOW_MS)).isOk()).toBe(true);
    });

    it('says of a database that takes no writes that it takes none', async () => {
      await using ledger = await createOutboxBench(dialect);
      await using database = openUrl(
        dialect === 'sqlite' ? ledger.url : `${ledger.url}?default_transaction_read_only=on`,
      );
      if (dialect === 'sqlite') await database.query('PRAGMA query_only = 1');
      const { run } = createLedgerDatabase({
        ...{ database, tables: ledger.tables, queuePrefix: 'test', deadlineMs: 2000 },
        migrate: async () => undefined,
      });
      const lag = await createSqlOutbox({ ...ledger.ledgerDatabase, run }).lag(NOW_MS);

      expect(lag._unsafeUnwrapErr()).toMatchObject({
        code: 'ledger-unavailable',
        message: expect.stringMatching(/^the ledger's database takes no writes: /),
      });
    });
  });
};
