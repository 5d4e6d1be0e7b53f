import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../../domain/TaskId';
import { toOldTimes } from '../OldTimes';
import { createSqlOutbox } from '../sql/sqlOutbox';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createOutboxBench, idsOf, NOW_MS } from './OutboxBench';
import { EVER, takeBack } from './takeBack';

/** What an outbox promises of tasks that were put on a queue, on one database. */
export const describeUnfinished = (dialect: SqlDialect): void => {
  describe(`createSqlOutbox on ${dialect}: unfinished tasks`, () => {
    const listed = { limit: 10, touched: toOldTimes(NOW_MS, 0), runningSinceMs: NOW_MS - 1000 };

    it('lists page by page what was put on a queue and has not ended', async () => {
      await using ledger = await createOutboxBench(dialect);
      const ids = await Promise.all(Array.from({ length: 5 }, () => ledger.insert()));
      await ledger.insert(); // on no queue
      const ended = await ledger.insert();
      await ledger.writer.end(sampleEnd(ended));
      await ledger.publish(...ids);

      const [first, second] = [
        (await ledger.outbox.listPublished({ ...listed, limit: 3 }))._unsafeUnwrap(),
        (
          await ledger.outbox.listPublished({ ...listed, limit: 3, afterId: ids.toSorted()[2] as TaskId })
        )._unsafeUnwrap(),
      ];

      expect(idsOf([...first, ...second])).toEqual(ids.toSorted());
      expect(first[0]).toEqual({
        id: ids.toSorted()[0] as TaskId,
        taskName: 'emails:send',
        status: 'pending',
        updatedAtMs: CREATED_AT_MS,
        hasCancelRequest: false,
      });
    });

    it('leaves out what was touched, and what runs with a worker that lives', async () => {
      await using ledger = await createOutboxBench(dialect);
      const [running, lost, waiting] = [await ledger.insert(), await ledger.insert(), await ledger.insert()];
      await ledger.publish(waiting);
      const touch = (id: TaskId, touchedAtMs: number) =>
        ledger.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs: CREATED_AT_MS }], touchedAtMs);
      await touch(running, NOW_MS - 999);
      await touch(lost, NOW_MS - 1000);

      expect(idsOf((await ledger.outbox.listPublished(listed))._unsafeUnwrap())).toEqual([lost, waiting]);
      const early = { ...listed, touched: toOldTimes(NOW_MS, 1) };
      expect(idsOf((await ledger.outbox.listPublished(early))._unsafeUnwrap())).toEqual([lost]);
    });

    it('lists what a clock that was ahead has touched', async () => {
      await using ledger = await createOutboxBench(dialect);
      const aheadMs = NOW_MS + 60_000;
      const [waiting, running] = [
        await ledger.insert({ createdAtMs: aheadMs }),
        await ledger.insert({ createdAtMs: NOW_MS - 60_000 }),
      ];
      await ledger.publish(waiting, running);
      const attempt = { id: running, attempt: 1, workerId: 'w1', startedAtMs: aheadMs };
      await ledger.writer.touch([attempt], aheadMs);

      const lists = [aheadMs, aheadMs - 1].map(async (aheadOfMs) => {
        const touched = { untilMs: NOW_MS, aheadOfMs };
        return idsOf((await ledger.outbox.listPublished({ ...listed, touched }))._unsafeUnwrap());
      });
      expect(await Promise.all(lists)).toEqual([[], [waiting, running].toSorted()]);
    });

    it('knows the last unfinished task, and lists and claims none behind it', async () => {
      await using ledger = await createOutboxBench(dialect);
      const last = async () => (await ledger.outbox.lastUnfinished())._unsafeUnwrap();
      expect(await last()).toBeUndefined();
      const ids = (await Promise.all(Array.from({ length: 4 }, () => ledger.insert()))).toSorted();
      const [onQueue, untilId, lateOnQueue, late] = ids as [TaskId, TaskId, TaskId, TaskId];
      const foreign = createSqlOutbox({ ...ledger.ledgerDatabase, queuePrefix: 'another' });
      const ended = await ledger.insert();
      await ledger.writer.end(sampleEnd(ended));
      await ledger.publish(onQueue, lateOnQueue);

      expect([await last(), (await foreign.lastUnfinished())._unsafeUnwrap()]).toEqual([late, undefined]);
      const query = { limit: 10, created: EVER, untilId };
      expect(idsOf((await ledger.outbox.listPublished({ ...listed, untilId }))._unsafeUnwrap())).toEqual([
        onQueue,
      ]);
      expect(idsOf((await ledger.outbox.listUnpublished(query))._unsafeUnwrap())).toEqual([untilId]);
      expect(idsOf(await ledger.claim(query))).toEqual([untilId]);
    });

    it('takes back that a task is on a queue, unless something has happened to it since it was listed', async () => {
      await using ledger = await createOutboxBench(dialect);
      const [lost, touched, again, gone] = [
        await ledger.insert(),
        await ledger.insert(),
        await ledger.insert(),
        await ledger.insert(),
      ];
      const touch = (id: TaskId, touchedAtMs: number) =>
        ledger.writer.touch([{ id, attempt: 2, workerId: 'w1', startedAtMs: CREATED_AT_MS }], touchedAtMs);
      await touch(lost, NOW_MS - 1000);
      await touch(touched, NOW_MS - 1000);
      await ledger.publish(again, gone);
      const tasks = (await ledger.outbox.listPublished(listed))._unsafeUnwrap();
      expect(tasks).toHaveLength(4);
      await touch(touched, NOW_MS - 999);
      await takeBack(ledger.outbox, again, gone);
      await ledger.publish(again);

      const takenBack = await ledger.outbox.unpublish(tasks);

      expect(takenBack._unsafeUnwrap()).toEqual({ unpublishedIds: [lost], cancelled: [] });
      expect(await ledger.claim({ untilId: lost })).toMatchObject([
        { id: lost, attemptsMade: 2, crashCount: 1 },
      ]);
      expect(await ledger.row(lost)).toMatchObject({ status: 'retrying', current_attempt: 2 });
      expect(await ledger.row(touched)).toMatchObject({ status: 'running', current_attempt: 2 });
      expect(await ledger.attempts(touched)).toEqual([]);
    });

    it('cancels a task that is lost, and that somebody wanted to stop', async () => {
      await using ledger = await createOutboxBench(dialect);
      const correlationId = CorrelationId();
      const entry = sampleEntry({}, { correlationId });
      const { id, taskName } = entry;
      await ledger.writer.insert(entry);
      await ledger.writer.touch(
        [{ id, attempt: 1, workerId: 'w1', startedAtMs: CREATED_AT_MS }],
        NOW_MS - 1000,
      );
      await ledger.writer.requestCancel(id, { reason: 'sold out', nowMs: NOW_MS - 1000 });

      const tasks = (await ledger.outbox.listPublished(listed))._unsafeUnwrap();
      const takenBack = await ledger.outbox.unpublish(tasks);

      expect(tasks).toMatchObject([{ id, hasCancelRequest: true }]);
      expect(takenBack._unsafeUnwrap()).toEqual({
        unpublishedIds: [],
        cancelled: [{ id, taskName, correlationId, reason: 'sold out' }],
      });
    });

    it('keeps an attempt as crashed that ran when its task was lost, until its worker tells its end after all', async () => {
      await using ledger = await createOutboxBench(dialect);
      const id = await ledger.insert();
      await ledger.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs: NOW_MS }], NOW_MS - 1000);

      await takeBack(ledger.outbox, id);

      expect(await ledger.row(id)).toMatchObject({ status: 'retrying', current_attempt: 1 });
      expect(await ledger.claim()).toMatchObject([{ id, attemptsMade: 1, crashCount: 1, hasBegun: true }]);
      const outcomes = async () => (await ledger.attempts(id)).map(({ outcome }) => outcome);
      expect(await outcomes()).toEqual(['crashed']);
      await ledger.writer.end(sampleEnd(id, { startedAtMs: NOW_MS, endedAtMs: NOW_MS }));
      expect(await outcomes()).toEqual(['completed']);
    });
  });
};
