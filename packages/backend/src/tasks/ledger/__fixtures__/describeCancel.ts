import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type AttemptOutcome } from '../LedgerWriter';
import { parseEntryRow, toEntryFields } from '../sql/EntryRow';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createWriterBench, stateOf, taskError, unique, WILD_TEXT } from './WriterBench';

/** How tasks are cancelled and put back, crashes noted and standings read, on one kind of database. */
export const describeCancel = (dialect: SqlDialect): void => {
  describe(`cancel, reopen, noteCrash and standing on ${dialect}`, () => {
    it('opens a failed task again, and no other', async () => {
      await using bench = await createWriterBench(dialect);
      const [failed, completed] = [sampleEntry({ key: unique('nightly') }), sampleEntry()];
      for (const entry of [failed, completed]) await bench.writer.insert(entry);
      const failure: AttemptOutcome = { kind: 'failed', error: taskError('SMTP refused the connection') };
      await bench.writer.end(sampleEnd(failed.id, { outcome: failure }));
      await bench.writer.end(sampleEnd(completed.id));
      for (const { id } of [failed, completed])
        (await bench.writer.reopen(id, CREATED_AT_MS + 50))._unsafeUnwrap();

      expect([await stateOf(bench, failed.id), await stateOf(bench, completed.id)]).toEqual([
        ['pending', 0],
        ['completed', 1],
      ]);
      expect((await bench.writer.insert(sampleEntry({ key: unique('nightly') })))._unsafeUnwrap()).toEqual({
        kind: 'duplicate',
        id: failed.id,
      });
    });

    it('opens a failed task again whose unique tag another one has by now', async () => {
      await using bench = await createWriterBench(dialect);
      const [failed, next] = [
        sampleEntry({ key: unique('nightly') }),
        sampleEntry({ key: unique('nightly') }),
      ];
      await bench.writer.insert(failed);
      await bench.writer.end(sampleEnd(failed.id, { outcome: { kind: 'failed', error: taskError('no') } }));
      await bench.writer.insert(next);
      (await bench.writer.reopen(failed.id, CREATED_AT_MS + 50))._unsafeUnwrap();

      expect(await stateOf(bench, failed.id)).toEqual(['pending', 0]);
    });

    it('cancels a task that does not run, and no other', async () => {
      await using bench = await createWriterBench(dialect);
      const [waiting, running, ended] = [sampleEntry(), sampleEntry(), sampleEntry()];
      await Promise.all([waiting, running, ended].map((entry) => bench.writer.insert(entry)));
      await bench.writer.touch(
        [{ id: running.id, attempt: 1, workerId: 'w1', startedAtMs: CREATED_AT_MS }],
        CREATED_AT_MS,
      );
      await bench.writer.end(sampleEnd(ended.id));
      const cancel = async (id: TaskId) =>
        (await bench.writer.cancel(id, { reason: WILD_TEXT, nowMs: CREATED_AT_MS + 7 }))._unsafeUnwrap();

      expect(await cancel(waiting.id)).toBe(true);
      for (const id of [waiting.id, running.id, ended.id, TaskId()]) expect(await cancel(id)).toBe(false);
      expect((await bench.writer.standing(waiting.id))._unsafeUnwrap()).toEqual({
        kind: 'ended',
        ending: { kind: 'cancelled', reason: 'nul \uFFFD half \uFFFD and \uFFFD' },
      });
    });

    it('cancels no task of another queue prefix', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const others = createSqlWriter({ ...bench.ledgerDatabase, queuePrefix: 'another' });
      const cancelled = await others.cancel(id, { nowMs: CREATED_AT_MS + 7, isIdle: true });

      expect(cancelled._unsafeUnwrap()).toBe(false);
      expect(await stateOf(bench, id)).toEqual(['pending', 0]);
    });

    it('keeps a crashed attempt with what is known of it, once', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.touch(
        [{ id, attempt: 2, workerId: 'w1', startedAtMs: CREATED_AT_MS + 5 }],
        CREATED_AT_MS + 5,
      );
      // Told again at each later delivery, of which the crashes are those that there were.
      for (const [attempt, crashCount] of [
        [1, 1],
        [2, 2],
        [3, 2],
      ] as const) {
        const crash = { id, attempt, crashCount, foundAtMs: CREATED_AT_MS + 90 };
        (await bench.writer.noteCrash(crash))._unsafeUnwrap();
      }
      (
        await bench.writer.noteCrash({ id: TaskId(), attempt: 1, crashCount: 1, foundAtMs: 1 })
      )._unsafeUnwrap();

      const rows = await bench.attempts(id);
      expect(
        rows.map((row) => [
          Number(row['number']),
          row['outcome'],
          row['worker_id'],
          Number(row['started_at']),
        ]),
      ).toEqual([
        [1, 'crashed', null, CREATED_AT_MS + 90],
        [2, 'crashed', 'w1', CREATED_AT_MS + 5],
      ]);
    });

    it('takes no attempt for crashed that is known to have ended', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const error = taskError('SMTP refused the connection');
      await bench.writer.end(
        sampleEnd(id, { attempt: 2, outcome: { kind: 'retry', error, dueAtMs: CREATED_AT_MS + 50 } }),
      );
      // Of the first attempt nobody could be told.
      await bench.writer.noteCrash({ id, attempt: 2, crashCount: 1, foundAtMs: CREATED_AT_MS + 90 });

      expect(
        (await bench.attempts(id)).map(({ number, outcome }) => [Number(number), String(outcome)]),
      ).toEqual([[2, 'retry']]);
    });

    it('counts no crash and no failed attempt of before the task was put back', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const crash = async (attempt: number, crashCount: number, foundAtMs: number) =>
        (await bench.writer.noteCrash({ id, attempt, crashCount, foundAtMs }))._unsafeUnwrap();
      const error = taskError('out of paper');
      const retry = { kind: 'retry', error, dueAtMs: CREATED_AT_MS + 9 } as const;
      const kept = async () =>
        (await bench.attempts(id)).map(({ number, outcome }) => [Number(number), String(outcome)]);
      const counts = async () => {
        const rows = await bench.database.query(
          `SELECT ${toEntryFields(bench.tables)} FROM ${bench.tables.name('tasks')}`,
        );
        return rows.map(parseEntryRow).map(({ attemptsMade, crashCount }) => [attemptsMade, crashCount]);
      };
      await bench.writer.end(sampleEnd(id, { attempt: 1, endedAtMs: CREATED_AT_MS + 1, outcome: retry }));
      await crash(2, 1, CREATED_AT_MS + 2);
      expect(await counts()).toEqual([[1, 1]]);
      await bench.writer.end(
        sampleEnd(id, { attempt: 3, endedAtMs: CREATED_AT_MS + 3, outcome: { kind: 'failed', error } }),
      );
      await bench.writer.reopen(id, CREATED_AT_MS + 50);
      expect(await counts()).toEqual([[0, 0]]);
      await crash(1, 1, CREATED_AT_MS + 60);

      expect(await counts()).toEqual([[1, 1]]);
      expect((await kept()).toSorted()).toEqual([
        [1, 'crashed'],
        [1, 'retry'],
        [2, 'crashed'],
        [3, 'failed'],
      ]);
    });

    it('keeps the end of an attempt whose worker was taken for dead', async () => {
      await using bench = await createWriterBench(dialect);
      const ids = [sampleEntry().id, sampleEntry().id];
      for (const id of ids) {
        await bench.writer.insert(sampleEntry({ id }));
        const startedAtMs = CREATED_AT_MS + 10;
        await bench.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs }], CREATED_AT_MS + 12);
        await bench.writer.noteCrash({ id, attempt: 1, crashCount: 1, foundAtMs: CREATED_AT_MS + 13 });
      }
      const [completed = TaskId(), discarded = TaskId()] = ids;
      await bench.writer.end(
        sampleEnd(discarded, { attempt: 2, workerId: 'w2', endedAtMs: CREATED_AT_MS + 14 }),
      );
      for (const id of ids) await bench.writer.end(sampleEnd(id));
      const outcomes = async (id: TaskId) =>
        (await bench.attempts(id)).map(({ outcome }) => outcome).toSorted();

      expect(await outcomes(completed)).toEqual(['completed']);
      expect(await outcomes(discarded)).toEqual(['completed', 'discarded']);
      expect((await bench.attempts(completed)).map((row) => Number(row['ended_at']))).toEqual([
        CREATED_AT_MS + 15,
      ]);
    });

    it('says how tasks stand, those that it does not know included', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const standings = await Promise.all([id, TaskId(), id].map((each) => bench.writer.standing(each)));

      expect(standings.map((standing) => standing._unsafeUnwrap().kind)).toEqual(['open', 'absent', 'open']);
    });

    it('has everything written when it is settled', async () => {
      await using bench = await createWriterBench(dialect);
      const entries = [sampleEntry(), sampleEntry({ key: unique('a') })];
      for (const entry of entries) void bench.writer.insert(entry);
      await bench.writer.settled();

      expect(await Promise.all(entries.map(({ id }) => stateOf(bench, id)))).toEqual([
        ['pending', 0],
        ['pending', 0],
      ]);
    });
  });
};
