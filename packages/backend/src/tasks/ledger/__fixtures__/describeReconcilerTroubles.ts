import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { loggedLines } from '../../worker/__fixtures__/TaskBench';
import { LedgerError } from '../LedgerError';
import { type LedgerWriter } from '../LedgerWriter';
import { type FindPlaces } from '../walkPlaces';
import { sampleEnd } from './LedgerBench';
import { createRelayBench, publishTasks, statusOf } from './RelayBench';
import { EVERY_TASK, takeBack } from './takeBack';

/** What a reconciler promises of what happens while it looks, on one database. */
export const describeReconcilerTroubles = (dialect: SqlDialect): void => {
  describe(`createReconciler on ${dialect}: what happens while it looks`, () => {
    it('publishes nothing again that ended, was touched or was published again meanwhile', async () => {
      await using bench = await createRelayBench(dialect);
      const [ended, touched, again] = (await publishTasks(bench, {}, {}, {})) as [TaskId, TaskId, TaskId];
      await bench.loseRedis();
      const late = Date.now() + 60_000;
      const findPlaces: FindPlaces = async (taskName, ids) => {
        await bench.writer.end(sampleEnd(ended));
        await bench.writer.touch([{ id: touched, attempt: 1, workerId: 'w1', startedAtMs: late }], late);
        await takeBack(bench.outbox, again);
        return bench.findPlaces(taskName, ids);
      };

      const report = await bench.reconciler({ findPlaces }).reconcile();

      expect(report._unsafeUnwrap()).toEqual({
        checkedCount: 3,
        republishedCount: 0,
        endedCount: 0,
        leftCount: 0,
      });
      expect([await statusOf(bench, ended), await statusOf(bench, touched)]).toEqual([
        'completed',
        'running',
      ]);
    });

    it('keeps an attempt once that its worker has told of meanwhile', async () => {
      await using bench = await createRelayBench(dialect);
      const [id] = (await publishTasks(bench, {})) as [TaskId];
      await bench.redis.startWorker();
      const { startedAt, endedAt } = await bench.redis.ended(id);
      const findPlaces: FindPlaces = async (taskName, ids) => {
        const places = await bench.findPlaces(taskName, ids);
        const [place] = places._unsafeUnwrap();
        const workerId = (place?.kind === 'ended' ? place.workerId : undefined) ?? '';
        const times = { startedAtMs: Number(startedAt) - 1, endedAtMs: Number(endedAt) };
        await bench.writer.end(sampleEnd(id, { workerId, ...times }));
        return places;
      };

      expect((await bench.reconciler({ findPlaces }).reconcile())._unsafeUnwrap().endedCount).toBe(0);
      const attempts = await bench.ledger.attempts(id);
      expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([[1, 'completed']]);
    });

    it('ends early when Redis goes away, and keeps what it has done', async () => {
      await using bench = await createRelayBench(dialect);
      const ids = await publishTasks(bench, {}, {}, {});
      await bench.loseRedis();
      let pageCount = 0;
      const findPlaces: FindPlaces = (taskName, page) => {
        pageCount += 1;
        if (pageCount === 2) bench.queues.client.disconnect();
        return bench.findPlaces(taskName, page);
      };

      const result = await bench.reconciler({ findPlaces, pageSize: 2 }).reconcile();

      expect(result._unsafeUnwrapErr()).toMatchObject({ code: 'queue-unavailable' });
      const left = await bench.outbox.listPublished(EVERY_TASK);
      expect(left._unsafeUnwrap().map(({ id }) => id)).toEqual(ids.toSorted().slice(2));
    });

    it('goes on behind a queue that refuses and an end that is refused, counts them and names them', async () => {
      await using bench = await createRelayBench(dialect);
      const taskName = 'broken:queue';
      await bench.redis.redis.set(bench.queues.get(taskName).toKey('prioritized'), 'no sorted set');
      const [broken, refused, ended] = [
        await bench.insert({ taskName }),
        ...(await publishTasks(bench, { dueAtMs: Date.now() + 60_000 }, { dueAtMs: Date.now() + 60_000 })),
      ] as [TaskId, TaskId, TaskId];
      await bench.outbox.markPublished([broken]);
      for (const id of [refused, ended]) (await bench.redis.inspector.cancel(id, 'too late'))._unsafeUnwrap();
      const [lost] = (await publishTasks(bench, {})) as [TaskId];
      await bench.redis.redis.del(bench.queues.get(bench.task.queueName).toKey('prioritized'));
      const no = new LedgerError('the database refused', { code: 'ledger-refused' });
      const writer: LedgerWriter = {
        ...bench.writer,
        cancel: async (id, given) => (id === refused ? err(no) : bench.writer.cancel(id, given)),
      };

      const reconciler = bench.reconciler({ ledger: { outbox: bench.outbox, writer }, pageSize: 1 });
      const report = await reconciler.reconcile();

      expect(report._unsafeUnwrap()).toEqual({
        checkedCount: 3,
        republishedCount: 1,
        endedCount: 1,
        leftCount: 2,
      });
      expect(await Promise.all([ended, lost].map((id) => statusOf(bench, id)))).toEqual([
        'cancelled',
        'pending',
      ]);
      const left = 'Tasks could not be compared with their queue, or their ends not be written';
      const lines = loggedLines(bench.logger).filter(({ message }) => message === left);
      expect(lines.map(({ meta }) => meta)).toEqual([
        { taskName, taskCount: 1, reason: expect.stringContaining('Redis refused: ') },
        { taskName: bench.task.queueName, taskCount: 1, reason: 'the database refused' },
      ]);
    });

    it('takes back a task once of which two notice the loss, one after the other', async () => {
      await using bench = await createRelayBench(dialect);
      const [id] = (await publishTasks(bench, {})) as [TaskId];
      await bench.loseRedis();
      const atOnce = { minAgeMs: 0, now: Date.now };
      const counts: number[] = [];
      const findPlaces: FindPlaces = async (...asked) => {
        const places = await bench.findPlaces(...asked);
        counts.push((await bench.reconciler(atOnce).reconcile())._unsafeUnwrap().republishedCount);
        await bench.relay().look();
        return places;
      };

      const late = await bench.reconciler({ ...atOnce, findPlaces }).reconcile();

      expect([...counts, late._unsafeUnwrap().republishedCount]).toEqual([1, 0]);
      expect(await bench.waiting()).toEqual([id]);
      expect((await bench.ledger.row(id))?.['published_at']).not.toBeNull();
    });

    it('leaves what was published while it looked alone, however long it looks', async () => {
      await using bench = await createRelayBench(dialect);
      await publishTasks(bench, {}, {});
      const startedAtMs = Date.now() + 60_000;
      let nowMs = startedAtMs;
      const findPlaces: FindPlaces = async (...asked) => {
        nowMs = startedAtMs + 40_000;
        await bench.ledger.database.query(
          `UPDATE ${bench.ledger.tables.name('tasks')} SET published_at = $1 WHERE id > $2`,
          [nowMs, asked[1][0] ?? ''],
        );
        return bench.findPlaces(...asked);
      };

      const report = await bench.reconciler({ findPlaces, pageSize: 1, now: () => nowMs }).reconcile();

      expect(report._unsafeUnwrap().checkedCount).toBe(1);
    });

    it('cancels a task that was lost and that somebody wanted to stop, and says so', async () => {
      await using bench = await createRelayBench(dialect);
      const [id] = (await publishTasks(bench, {})) as [TaskId];
      const nowMs = Date.now();
      await bench.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs: nowMs }], nowMs);
      (await bench.writer.requestCancel(id, { reason: 'sold out', nowMs }))._unsafeUnwrap();
      await bench.loseRedis();

      const report = await bench.reconciler({ runningAgeMs: 50_000 }).reconcile();

      expect([report._unsafeUnwrap().republishedCount, await statusOf(bench, id)]).toEqual([0, 'cancelled']);
      expect(loggedLines(bench.logger)).toEqual([
        {
          level: 'info',
          message: 'Task cancelled',
          meta: {
            taskName: bench.task.queueName,
            taskId: id,
            correlationId: expect.any(String),
            reason: 'sold out',
          },
        },
      ]);
    });

    it('takes back each task once when two look at once', async () => {
      await using bench = await createRelayBench(dialect);
      await publishTasks(bench, ...Array.from({ length: 20 }, () => ({})));
      await bench.loseRedis();

      const reports = await Promise.all([bench.reconciler().reconcile(), bench.reconciler().reconcile()]);

      const counts = reports.map((each) => each._unsafeUnwrap().republishedCount);
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(20);
    });
  });
};
