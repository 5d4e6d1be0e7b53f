import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { TaskId } from '../../domain/TaskId';
import { type TaskRecord } from '../../domain/TaskRecord';
import { createSqlHistory } from '../sql/sqlHistory';
import { at, createHistoryBench, failure, retry, timeOut } from './HistoryBench';
import { CREATED_AT_MS } from './LedgerBench';

/** What a history says of one task, on one database. */
export const describeHistory = (dialect: SqlDialect): void => {
  describe(`createSqlHistory on ${dialect}: find`, () => {
    it('answers nothing for a task that the ledger does not know', async () => {
      const { bench, find } = await createHistoryBench(dialect);
      await using _ = bench;

      expect(await find(TaskId())).toBeUndefined();
    });

    it('reads a task with all that its envelope says', async () => {
      const { bench, add, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const [parentId, retriedFrom, userId, correlationId] = [TaskId(), TaskId(), UserId(), CorrelationId()];
      const said = { parentId, retriedFrom, userId, correlationId, scheduleId: 'nightly' };
      const payload = { text: 'é "\0" 𝒳', list: [1, null] };
      const id = await add({}, { ...said, payload, metadata: { a: 1 }, expiresAtMs: CREATED_AT_MS + 5 });

      expect(await find(id)).toEqual({
        id,
        name: 'emails:send',
        status: 'pending',
        ...said,
        payload,
        metadata: { a: 1 },
        attempt: 0,
        maxAttempts: 3,
        crashCount: 0,
        scheduledAt: at(0),
        expiresAt: at(5),
      });
    });

    it('reads with what a task was put on its queue, also when it has ended', async () => {
      const { bench, history, add, end, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const options = { priority: 26, attempts: 3, timestamp: CREATED_AT_MS };
      const fields = ['step:charge', '1'];
      const id = await add({ options, fields }, { payload: { n: 1 }, overrides: { maxAttempts: 3 } });
      await end(id, { outcome: failure });
      const kept = (await history.findKept(id))._unsafeUnwrap();
      const entry = kept?.entry._unsafeUnwrap();

      expect(kept?.record).toEqual((await find(id)) as TaskRecord);
      expect(entry).toMatchObject({ id, options, fields, createdAtMs: CREATED_AT_MS });
      expect(entry?.envelope).toMatchObject({ payload: { n: 1 }, overrides: { maxAttempts: 3 } });
      expect((await history.findKept(TaskId()))._unsafeUnwrap()).toBeUndefined();
    });

    it('says when a task is due as long as it was put off', async () => {
      const { bench, add, end, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const dueAtMs = CREATED_AT_MS + 60_000;
      const later = await add({ dueAtMs });
      const retried = await end(await add(), { outcome: retry });
      const snoozed = await end(await add(), { outcome: { kind: 'snoozed', dueAtMs } });
      const givenBack = await end(await end(await add(), { outcome: retry }), {
        attempt: 2,
        startedAtMs: CREATED_AT_MS + 1001,
        endedAtMs: CREATED_AT_MS + 1002,
        outcome: { kind: 'released' },
      });

      expect(await find(later)).toMatchObject({ status: 'scheduled', dueAt: at(60_000), attempt: 0 });
      expect(await find(retried)).toMatchObject({
        status: 'retrying',
        dueAt: at(1000),
        attempt: 1,
        error: timeOut,
      });
      expect(await find(snoozed)).toMatchObject({ status: 'scheduled', dueAt: at(60_000), attempt: 0 });
      expect(await find(givenBack)).toMatchObject({ status: 'retrying', attempt: 1 });
      expect(await find(givenBack)).not.toHaveProperty('dueAt');
    });

    it('reads how tasks ended: a value, a skip, an error, a reason', async () => {
      const { bench, writer, add, end, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const skip = { status: 'skipped', reason: 'unsubscribed' };
      const done = await end(await end(await add(), { outcome: retry }), { attempt: 2 });
      const nothing = await end(await add(), { outcome: { kind: 'completed', value: undefined } });
      const skipped = await end(await add(), { outcome: { kind: 'completed', value: skip } });
      const failed = await end(await add(), { outcome: failure });
      const cancelled = await add({ dueAtMs: CREATED_AT_MS + 60_000 });
      await writer.cancel(cancelled, { reason: 'too late', nowMs: CREATED_AT_MS + 7 });

      expect(await find(done)).toMatchObject({ status: 'completed', attempt: 2, value: { sent: true } });
      expect(await find(done)).not.toHaveProperty('error');
      expect(await find(nothing)).toMatchObject({ status: 'completed', value: null });
      expect(await find(skipped)).toMatchObject({
        value: skip,
        isSkipped: true,
        skipReason: 'unsubscribed',
        startedAt: at(10),
        endedAt: at(15),
      });
      expect(await find(failed)).toMatchObject({ status: 'failed', error: failure.error, endedAt: at(15) });
      expect(await find(cancelled)).toMatchObject({
        status: 'cancelled',
        cancelReason: 'too late',
        endedAt: at(7),
      });
      expect(await find(cancelled)).not.toHaveProperty('dueAt');
    });

    it('reads what a trace needs of the tasks of one correlation ID, the oldest first', async () => {
      const { bench, history, add, end, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const correlationId = CorrelationId();
      const dueAtMs = CREATED_AT_MS + 5;
      const options = { jobId: 'x', timestamp: CREATED_AT_MS, delay: 5 };
      const first = await end(await add({ dueAtMs, options }, { correlationId }), { outcome: retry });
      const second = await add({}, { correlationId });
      await add({}, { correlationId });
      await add();

      const trace: unknown = (await history.trace(correlationId, 2))._unsafeUnwrap();

      expect(trace).toEqual([
        {
          task: await find(first),
          firstDueAt: at(5),
          attempts: [
            {
              number: 1,
              workerId: 'w1',
              startedAt: at(10),
              endedAt: at(15),
              outcome: 'retry',
              error: timeOut,
            },
          ],
        },
        { task: await find(second), attempts: [] },
      ]);
    });

    it('counts crashes and names the newest task that does one again', async () => {
      const { bench, writer, add, end, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const id = await add();
      await writer.noteCrash({ id, attempt: 1, crashCount: 1, foundAtMs: CREATED_AT_MS + 3 });
      await end(id, { attempt: 2, outcome: failure });
      await add({}, { retriedFrom: id });
      const newest = await add({}, { retriedFrom: id });

      expect(await find(id)).toMatchObject({ crashCount: 1, retriedAs: newest });
    });

    it('counts the crashes of a task since it was put back, as its queue does', async () => {
      const { bench, writer, history, add, end, find } = await createHistoryBench(dialect);
      await using _ = bench;
      const id = await add();
      for (const crashCount of [1, 2, 3])
        await writer.noteCrash({
          id,
          attempt: crashCount,
          crashCount,
          foundAtMs: CREATED_AT_MS + crashCount,
        });
      await end(id, { attempt: 3, outcome: failure });
      const crashed = await find(id);
      await writer.reopen(id, CREATED_AT_MS + 50);
      const again = { startedAtMs: CREATED_AT_MS + 60, endedAtMs: CREATED_AT_MS + 70 };
      await end(id, { attempt: 2, ...again, outcome: failure });

      expect(crashed).toMatchObject({ attempt: 3, crashCount: 3 });
      const expected = { attempt: 2, crashCount: 0 };
      expect(await find(id)).toMatchObject(expected);
      expect((await history.list({ limit: 10 }))._unsafeUnwrap()).toMatchObject([expected]);
      const kept = (await history.findKept(id))._unsafeUnwrap();
      expect(kept?.record).toMatchObject(expected);
      expect(kept?.entry._unsafeUnwrap()).toMatchObject({ attemptsMade: 2, crashCount: 0 });
    });

    it('knows the tasks of its own queue prefix only', async () => {
      const { bench, history, add, end } = await createHistoryBench(dialect);
      await using _ = bench;
      const id = await end(await add());
      const others = createSqlHistory({ ...bench.ledgerDatabase, queuePrefix: 'another' });

      expect((await others.find(id))._unsafeUnwrap()).toBeUndefined();
      expect((await others.findKept(id))._unsafeUnwrap()).toBeUndefined();
      expect((await others.list({ limit: 10 }))._unsafeUnwrap()).toEqual([]);
      expect((await others.listAttempts(id))._unsafeUnwrap()).toEqual([]);
      expect((await history.listAttempts(id))._unsafeUnwrap()).toHaveLength(1);
      const rule = {
        status: 'completed',
        endedBeforeMs: Number.MAX_SAFE_INTEGER,
        nowMs: 0,
        limit: 10,
      } as const;
      expect((await others.sweep(rule))._unsafeUnwrap()).toBe(0);
    });
  });

  describe(`createSqlHistory on ${dialect}: listAttempts`, () => {
    it('lists the attempts of a task, in their order', async () => {
      const { bench, writer, history, add, end } = await createHistoryBench(dialect);
      await using _ = bench;
      const [id, crashed, untouched] = [await add(), await add(), await add()];
      await end(id, { outcome: retry });
      await end(id, {
        attempt: 2,
        workerId: 'w2',
        startedAtMs: CREATED_AT_MS + 20,
        endedAtMs: CREATED_AT_MS + 30,
      });
      await writer.noteCrash({ id: crashed, attempt: 1, crashCount: 1, foundAtMs: CREATED_AT_MS + 3 });
      const attempts = await Promise.all(
        [untouched, id, crashed].map(async (each) => (await history.listAttempts(each))._unsafeUnwrap()),
      );

      expect(attempts).toEqual([
        [],
        [
          {
            number: 1,
            workerId: 'w1',
            startedAt: at(10),
            endedAt: at(15),
            outcome: 'retry',
            error: timeOut,
          },
          { number: 2, workerId: 'w2', startedAt: at(20), endedAt: at(30), outcome: 'completed' },
        ],
        [{ number: 1, endedAt: at(3), outcome: 'crashed' }],
      ]);
    });
  });
};
