import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createWriterBench, idempotent, unique, WILD_TEXT } from './WriterBench';

/** How tasks are written down, on one kind of database. */
export const describeInsert = (dialect: SqlDialect): void => {
  describe(`insert on ${dialect}`, () => {
    it('writes a task down before it answers', async () => {
      await using bench = await createWriterBench(dialect);
      const entry = sampleEntry({ dueAtMs: CREATED_AT_MS + 5000 });

      expect((await bench.writer.insert(entry))._unsafeUnwrap()).toEqual({ kind: 'created' });

      const row = await bench.row(entry.id);
      expect([row?.['task_type'], row?.['status'], Number(row?.['scheduled_at'])]).toEqual([
        'emails:send',
        'scheduled',
        CREATED_AT_MS + 5000,
      ]);
    });

    it('takes the same task twice for one', async () => {
      await using bench = await createWriterBench(dialect);
      for (const entry of [
        sampleEntry(),
        sampleEntry({ key: idempotent('a') }),
        sampleEntry({ key: unique('a') }),
      ]) {
        await bench.writer.insert(entry);
        expect((await bench.writer.insert(entry))._unsafeUnwrap()).toEqual({ kind: 'created' });
      }
    });

    it('answers the first task of a key while the key holds, and makes a new one when it has expired', async () => {
      await using bench = await createWriterBench(dialect);
      const first = sampleEntry({ key: idempotent('order-1', CREATED_AT_MS + 1000) });
      const insertAt = async (createdAtMs: number, taskName = 'emails:send') =>
        (
          await bench.writer.insert(
            sampleEntry({ taskName, createdAtMs, key: idempotent('order-1', createdAtMs + 1000) }),
          )
        )._unsafeUnwrap();
      await bench.writer.insert(first);
      await bench.writer.end(sampleEnd(first.id));

      expect(await insertAt(CREATED_AT_MS + 999)).toEqual({ kind: 'duplicate', id: first.id });
      expect(await insertAt(CREATED_AT_MS + 999, 'emails:other')).toEqual({ kind: 'created' });
      expect(await insertAt(CREATED_AT_MS + 1000)).toEqual({ kind: 'created' });
      expect(await insertAt(CREATED_AT_MS + 1500)).toMatchObject({ kind: 'duplicate' });
    });

    it('makes no second task of a unique tag while the first is unfinished', async () => {
      await using bench = await createWriterBench(dialect);
      const first = sampleEntry({ key: unique('nightly') });
      const insert = async () =>
        (await bench.writer.insert(sampleEntry({ key: unique('nightly') })))._unsafeUnwrap();
      await bench.writer.insert(first);

      expect(await insert()).toEqual({ kind: 'duplicate', id: first.id });
      await bench.writer.end(sampleEnd(first.id));
      expect(await insert()).toEqual({ kind: 'created' });
    });

    it('makes one task of a key that many ask for at once, on several connections', async () => {
      await using bench = await createWriterBench(dialect);
      const writers = Array.from({ length: 5 }, () => createSqlWriter(bench.openAnother()));
      const inserts = writers.flatMap((writer) =>
        Array.from({ length: 4 }, () => writer.insert(sampleEntry({ key: idempotent('once') }))),
      );
      const answers = (await Promise.all(inserts)).map((answer) => answer._unsafeUnwrap());
      const holders = new Set(answers.flatMap((answer) => (answer.kind === 'duplicate' ? [answer.id] : [])));

      expect([answers.filter(({ kind }) => kind === 'created').length, holders.size]).toEqual([1, 1]);
    });

    it.each([idempotent(WILD_TEXT), unique(WILD_TEXT)])('takes any text for a key: %o', async (key) => {
      await using bench = await createWriterBench(dialect);
      const first = sampleEntry({ key });
      await bench.writer.insert(first);

      expect((await bench.writer.insert(sampleEntry({ key })))._unsafeUnwrap()).toEqual({
        kind: 'duplicate',
        id: first.id,
      });
      expect(
        (
          await bench.writer.insert(sampleEntry({ key: { ...key, key: key.key.toWellFormed() } }))
        )._unsafeUnwrap(),
      ).toEqual({ kind: 'created' });
    });

    it('writes the tasks of one turn together, and refuses only the one that the database refuses', async () => {
      await using bench = await createWriterBench(dialect);
      const entries = Array.from({ length: 9 }, () => sampleEntry());
      const bad = sampleEntry({ maxAttempts: null as never });

      const answers = await Promise.all([...entries, bad].map((entry) => bench.writer.insert(entry)));

      expect(
        answers.map((answer) =>
          answer.match<string>(
            ({ kind }) => kind,
            ({ code }) => code,
          ),
        ),
      ).toEqual([...entries.map(() => 'created'), 'ledger-refused']);
      expect(await bench.row(bad.id)).toBeUndefined();
    });

    it('refuses a payload that JSON cannot carry', async () => {
      await using bench = await createWriterBench(dialect);
      const answer = await bench.writer.insert(sampleEntry({}, { payload: { count: 1n } }));

      expect(answer._unsafeUnwrapErr()).toMatchObject({
        code: 'ledger-refused',
        message: expect.stringContaining('expected what is written down to be JSON'),
      });
    });
  });
};
