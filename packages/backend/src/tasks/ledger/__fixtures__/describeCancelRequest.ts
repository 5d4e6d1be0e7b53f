import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type AttemptOutcome } from '../LedgerWriter';
import { createSqlHistory } from '../sql/sqlHistory';
import { createSqlOutbox } from '../sql/sqlOutbox';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { EVER, takeBack } from './takeBack';
import { createWriterBench, outcomesOf, retryAt, taskError } from './WriterBench';

const REQUESTED_AT_MS = CREATED_AT_MS + 12;

/** A task that runs, and somebody who wants it to stop. */
const setup = async (dialect: SqlDialect) => {
  const bench = await createWriterBench(dialect);
  const { id } = sampleEntry();
  await bench.writer.insert(sampleEntry({ id }));
  const startedAtMs = CREATED_AT_MS + 10;
  (await bench.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs }], startedAtMs))._unsafeUnwrap();
  const request = async (reason?: string, taskId = id) =>
    (await bench.writer.requestCancel(taskId, { reason, nowMs: REQUESTED_AT_MS }))._unsafeUnwrap();
  const state = async () => {
    const row = await bench.row(id);
    return [row?.['status'], row?.['cancel_reason'], row?.['completed_at'] === null];
  };
  return Object.assign(bench, { id, request, state });
};

/** How a task that runs is asked to stop of which its queue knows nothing, on one kind of database. */
export const describeCancelRequest = (dialect: SqlDialect): void => {
  describe(`requestCancel on ${dialect}`, () => {
    it('notes the first request for a task that runs, and says so wherever it is read', async () => {
      await using bench = await setup(dialect);

      expect([await bench.request('too late'), await bench.request('again')]).toEqual([true, false]);
      const cancelRequest = { requestedAt: new Date(REQUESTED_AT_MS), reason: 'too late' };
      expect((await bench.writer.standing(bench.id))._unsafeUnwrap()).toEqual({
        kind: 'open',
        attempt: 1,
        isRunning: true,
        crashCount: 0,
        cancelRequest,
      });
      const record = await createSqlHistory(bench.ledgerDatabase).find(bench.id);
      expect(record._unsafeUnwrap()).toMatchObject({
        status: 'running',
        cancelRequestedAt: cancelRequest.requestedAt,
        cancelReason: 'too late',
      });
    });

    it('notes none for a task that waits, has ended, is unknown or of another queue prefix', async () => {
      await using bench = await setup(dialect);
      const [waiting, ended] = [sampleEntry(), sampleEntry()];
      for (const entry of [waiting, ended]) await bench.writer.insert(entry);
      await bench.writer.end(sampleEnd(ended.id));
      const others = createSqlWriter({ ...bench.ledgerDatabase, queuePrefix: 'another' });

      for (const id of [waiting.id, ended.id, TaskId()]) expect(await bench.request('no', id)).toBe(false);
      expect((await others.requestCancel(bench.id, { nowMs: 1 }))._unsafeUnwrap()).toBe(false);
      expect(await bench.state()).toEqual(['running', null, true]);
    });

    const ends: [outcome: AttemptOutcome, status: string][] = [
      [{ kind: 'completed', value: 1 }, 'completed'],
      [{ kind: 'failed', error: taskError('out of paper') }, 'cancelled'],
      [{ kind: 'cancelled', reason: 'told by the worker' }, 'cancelled'],
      [retryAt(CREATED_AT_MS + 50), 'cancelled'],
      [{ kind: 'snoozed', dueAtMs: CREATED_AT_MS + 50 }, 'cancelled'],
      [{ kind: 'released' }, 'cancelled'],
    ];
    it.each(ends)('makes of an attempt that ends as %j a task that is %s', async (outcome, status) => {
      await using bench = await setup(dialect);
      await bench.request('too late');
      const answer = await bench.writer.end(sampleEnd(bench.id, { outcome }));

      expect(answer._unsafeUnwrap()).toEqual({ kind: 'recorded' });
      expect(await bench.state()).toEqual([status, 'too late', false]);
      expect(await outcomesOf(bench, bench.id)).toEqual([[1, outcome.kind]]);
    });

    it('makes of a task that is lost a cancelled one, which is not published again', async () => {
      await using bench = await setup(dialect);
      await bench.request('too late');
      const outbox = createSqlOutbox(bench.ledgerDatabase);
      const { unpublishedIds, cancelled } = await takeBack(outbox, bench.id);
      const claim = { limit: 10, created: EVER, nowMs: CREATED_AT_MS + 99, leaseMs: 1000 };

      expect([unpublishedIds, cancelled.map(({ id, reason }) => [id, reason])]).toEqual([
        [],
        [[bench.id, 'too late']],
      ]);
      expect(await bench.state()).toEqual(['cancelled', 'too late', false]);
      expect(await outcomesOf(bench, bench.id)).toEqual([[1, 'crashed']]);
      expect((await outbox.claim(claim))._unsafeUnwrap().tasks).toEqual([]);
    });

    it('keeps no task from being lost that nobody wants to stop', async () => {
      await using bench = await setup(dialect);
      const takenBack = await takeBack(createSqlOutbox(bench.ledgerDatabase), bench.id);

      expect(takenBack).toEqual({ unpublishedIds: [bench.id], cancelled: [] });
      expect(await bench.state()).toEqual(['retrying', null, true]);
    });
  });
};
