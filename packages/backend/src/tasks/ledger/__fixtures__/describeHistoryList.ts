import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { v7 } from 'uuid';
import { TaskId } from '../../domain/TaskId';
import { TASK_STATUSES } from '../../domain/TaskStatus';
import { at, createHistoryBench, failure, retry } from './HistoryBench';
import { CREATED_AT_MS } from './LedgerBench';

/** Which tasks a history lists, on one database. */
export const describeHistoryList = (dialect: SqlDialect): void => {
  describe(`createSqlHistory on ${dialect}: list`, () => {
    it('lists what find reads, newest first or oldest first, page by page', async () => {
      const { bench, history, add, idsOf, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const ids = [await add(), await add(), await add()] as const;

      expect((await history.list({ limit: 1 }))._unsafeUnwrap()).toEqual(
        [await find(ids[2])].flatMap((record) => record ?? []),
      );
      expect(await idsOf({ limit: 2 })).toEqual([ids[2], ids[1]]);
      expect(await idsOf({ limit: 2, beforeId: ids[1] })).toEqual([ids[0]]);
      expect((await history.list({ limit: 1, beforeId: '\0' })).isOk()).toBe(true);
      expect(await idsOf({ limit: 2, order: 'oldest-first' })).toEqual([ids[0], ids[1]]);
    });

    it('finds the tasks of every set of statuses', async () => {
      const { bench, writer, add, end, idsOf } = await createHistoryBench(dialect);
      await using _ = bench;
      const running = await add();
      await writer.touch(
        [{ id: running, attempt: 1, workerId: 'w1', startedAtMs: CREATED_AT_MS }],
        CREATED_AT_MS,
      );
      const ids = [
        await add(),
        await add({ dueAtMs: CREATED_AT_MS + 1 }),
        running,
        await end(await add(), { outcome: retry }),
        await end(await add()),
        await end(await add(), { outcome: failure }),
        await end(await add(), { outcome: { kind: 'cancelled' } }),
      ];
      const sets = Array.from({ length: 2 ** TASK_STATUSES.length }, (_set, bits) =>
        TASK_STATUSES.map((status, index) => ({ status, id: ids[index], isIn: (bits & (1 << index)) !== 0 })),
      );
      for (const set of sets.slice(1)) {
        const wanted = set.filter(({ isIn }) => isIn);
        const statuses = wanted.map(({ status }) => status);
        const expected = wanted
          .map(({ id }) => id)
          .toSorted()
          .toReversed();

        expect(await idsOf({ statuses })).toEqual(expected as TaskId[]);
        expect(await idsOf({ statuses, taskName: 'emails:send', limit: 1 })).toEqual(
          expected.slice(0, 1) as TaskId[],
        );
      }
    });

    it('keeps to a name, a user, a correlation ID, a parent and a schedule, all that are given', async () => {
      const { bench, add, idsOf } = await createHistoryBench(dialect);
      await using _ = bench;
      const [userId, correlationId, parentId] = [UserId(), CorrelationId(), TaskId()];
      const mine = await add({}, { userId });
      const traced = await add({ taskName: 'orders:pack' }, { correlationId, parentId, userId });
      const nightly = await add({}, { scheduleId: 'nightly' });

      expect(await idsOf({ userId })).toEqual([traced, mine]);
      expect(await idsOf({ userId, statuses: ['failed'] })).toEqual([]);
      expect(await idsOf({ taskName: 'orders:pack' })).toEqual([traced]);
      expect(await idsOf({ correlationId })).toEqual([traced]);
      expect(await idsOf({ parentId, userId })).toEqual([traced]);
      expect(await idsOf({ scheduleId: 'nightly' })).toEqual([nightly]);
      expect(await idsOf({ scheduleId: 'nightly', userId })).toEqual([]);
    });

    it('keeps to a range of time: its start included, its end not', async () => {
      const { bench, add, idsOf } = await createHistoryBench(dialect);
      await using _ = bench;
      const idAt = (msecs: number): TaskId => v7({ msecs }) as TaskId; // as TaskId makes it
      const ids = [idAt(CREATED_AT_MS), idAt(CREATED_AT_MS + 1), idAt(CREATED_AT_MS + 2)] as const;
      for (const id of ids) await add({ id });

      expect(await idsOf({ createdAfter: at(1) })).toEqual([ids[2], ids[1]]);
      expect(await idsOf({ createdBefore: at(1) })).toEqual([ids[0]]);
      expect(await idsOf({ createdAfter: at(0), createdBefore: at(2) })).toEqual([ids[1], ids[0]]);
      expect(await idsOf({ createdAfter: new Date(-1), createdBefore: new Date(8.64e15) })).toHaveLength(3);
    });

    const texts: [what: string, text: string, isFound: boolean][] = [
      ['a part of a value', 'example.com', true],
      ['other capitals', 'ADA@EXAMPLE', true],
      ['a name of a field', '"to":"ada', true],
      ['what JSON escapes', 'say "hi"\n', true],
      ['a sign of patterns', '100%_\\!', true],
      ['a percent sign that is none', '100%\\!', false],
      ['any character', 'ad_@example', false],
      ['what stands outside ASCII', 'Łódź', true],
      ['a part of the last error', 'smtp TIMED', true],
      ['nothing of the task', 'nobody', false],
      ['a character no text has', 'ada\0', false],
    ];

    it.each(texts)('finds tasks by text: %s', async (_what, text, isFound) => {
      const { bench, add, end, idsOf } = await createHistoryBench(dialect);
      await using _ = bench;
      const payload = { to: 'ada@example.com', subject: 'say "hi"\n', body: '100%_\\!', city: 'Łódź' };
      const id = await end(await add({}, { payload }), { outcome: failure });
      await add({}, { payload: {} });

      expect(await idsOf({ text })).toEqual(isFound ? [id] : []);
    });
  });
};
