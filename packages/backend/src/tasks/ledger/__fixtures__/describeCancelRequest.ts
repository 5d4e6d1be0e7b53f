import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type AttemptOutcome } from '../LedgerWriter';
import { createSqlHistory } from '../sql/sqlHistory';
import { createSqlOutbox } from '../sql/sqlOutbox';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { EVER, takeBack } from './takeBack';
import { createWriterBench, outcomesOf, retryAt, stateOf, taskError } from './WriterBench';

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

    const ownEnd = { kind: 'recorded' };
    const otherEnd = { kind: 'recorded', cancelled: { kind: 'cancelled', reason: 'too late' } };
    const ends: [outcome: AttemptOutcome, status: string, answer: object][] = [
      [{ kind: 'completed', value: 1 }, 'completed', ownEnd],
      [{ kind: 'failed', error: taskError('out of paper') }, 'cancelled', otherEnd],
      [{ kind: 'cancelled', reason: 'told by the worker' }, 'cancelled', ownEnd],
      [retryAt(CREATED_AT_MS + 50), 'cancelled', otherEnd],
      [{ kind: 'snoozed', dueAtMs: CREATED_AT_MS + 50 }, 'cancelled', otherEnd],
      [{ kind: 'released' }, 'cancelled', otherEnd],
    ];
    it.each(ends)(
      'makes of an attempt that ends as %j a task that is %s, and says so',
      async (outcome, status, answer) => {
        await using bench = await setup(dialect);
        await bench.request('too late');
        const written = await bench.writer.end(sampleEnd(bench.id, { outcome }));

        expect(written._unsafeUnwrap()).toEqual(answer as never);
        expect(await bench.state()).toEqual([status, 'too late', false]);
        expect(await outcomesOf(bench, bench.id)).toEqual([[1, outcome.kind]]);
      },
    );

    it('answers for an end without a reason, and for the others of its turn', async () => {
      await using bench = await setup(dialect);
      await bench.request();
      const other = sampleEntry();
      await bench.writer.insert(other);
      const failed = { outcome: { kind: 'failed', error: taskError('out of paper') } } as const;
      const answers = await Promise.all([
        bench.writer.end(sampleEnd(other.id, failed)),
        bench.writer.end(sampleEnd(bench.id, failed)),
      ]);

      expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual([
        { kind: 'recorded' },
        { kind: 'recorded', cancelled: { kind: 'cancelled' } },
      ]);
      expect([await stateOf(bench, other.id), await stateOf(bench, bench.id)]).toEqual([
        ['failed', 1],
        ['cancelled', 1],
      ]);
    });

    it('says so of an end that is told with its task too', async () => {
      await using bench = await setup(dialect);
      await bench.request('too late');
      const written = await bench.writer.endUnknown(
        sampleEntry({ id: bench.id }),
        sampleEnd(bench.id, { outcome: retryAt(CREATED_AT_MS + 50) }),
      );

      expect(written._unsafeUnwrap()).toEqual({
        kind: 'recorded',
        cancelled: { kind: 'cancelled', reason: 'too late' },
      });
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
