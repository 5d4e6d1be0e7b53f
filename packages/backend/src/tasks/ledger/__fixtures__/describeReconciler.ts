import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err, ok, type Result } from 'neverthrow';
import { TaskError } from '../../domain/TaskError';
import { type TaskId } from '../../domain/TaskId';
import { loggedLines } from '../../worker/__fixtures__/TaskBench';
import { type LedgerEntry } from '../LedgerEntry';
import { LedgerError } from '../LedgerError';
import { type LedgerWriter } from '../LedgerWriter';
import { type FindPlaces } from '../reconcilePage';
import { sampleEnd } from './LedgerBench';
import { createRelayBench, type RelayBench } from './RelayBench';

const statusOf = async ({ ledger }: RelayBench, id: TaskId): Promise<unknown> =>
  (await ledger.row(id))?.['status'];

/** Tasks that are in the ledger and on their queue. */
const publishTasks = async (
  bench: RelayBench,
  ...given: readonly Partial<LedgerEntry>[]
): Promise<readonly TaskId[]> => {
  const ids = await Promise.all(given.map((each) => bench.insert(each)));
  await bench.relay().look();
  return ids;
};

const retry = { kind: 'retry', error: { message: 'no', code: 'task-failed', attempt: 1 } } as const;

/** What a reconciler promises, on one database. */
export const describeReconciler = (dialect: SqlDialect): void => {
  describe(`createReconciler on ${dialect}`, () => {
    it('brings back what waited, what was delayed and what was to be retried when Redis has lost it', async () => {
      await using bench = await createRelayBench(dialect);
      const dueAtMs = Date.now() + 60_000;
      const [waiting, delayed, retrying] = (await publishTasks(bench, {}, { dueAtMs }, {})) as [
        TaskId,
        TaskId,
        TaskId,
      ];
      await bench.writer.end(sampleEnd(retrying, { outcome: { ...retry, dueAtMs: dueAtMs + 1 } }));
      await bench.loseRedis();

      const report = await bench.reconciler().reconcile();

      expect(report._unsafeUnwrap()).toEqual({
        checkedCount: 3,
        republishedCount: 3,
        endedCount: 0,
        leftCount: 0,
      });
      await bench.relay().look();
      expect(await bench.waiting()).toEqual([waiting]);
      expect(await bench.redis.record(delayed)).toMatchObject({
        status: 'scheduled',
        dueAt: new Date(dueAtMs),
      });
      expect(await bench.redis.record(retrying)).toMatchObject({
        status: 'retrying',
        attempt: 1,
        dueAt: new Date(dueAtMs + 1),
      });
    });

    it.each([
      ['waits', {}],
      ['is delayed', { dueAtMs: Date.now() + 60_000 }],
      ['is debounced', { debounce: { kind: 'debounce', key: 'k', windowMs: 60_000, maxWaitMs: undefined } }],
    ] as const)(
      'brings a task back of which Redis has the hash and no place: it %s',
      async (_name, given) => {
        await using bench = await createRelayBench(dialect);
        const [id] = (await publishTasks(bench, given)) as [TaskId];
        const queue = bench.queues.get(bench.task.queueName);
        await bench.redis.redis.del(queue.toKey('prioritized'), queue.toKey('delayed'));

        await bench.reconciler().reconcile();
        await bench.relay().look();

        const [place] = (await bench.findPlaces(bench.task.queueName, [id]))._unsafeUnwrap();
        expect(place).toEqual({ kind: 'unfinished' });
      },
    );

    it('lets every task of a queue that was lost run to its end', async () => {
      let runCount = 0;
      const handler = async () => {
        runCount += 1;
        return ok();
      };
      await using bench = await createRelayBench(dialect, { handler });
      const ids = await publishTasks(bench, ...Array.from({ length: 30 }, () => ({})));
      await bench.loseRedis();

      await bench.reconciler({ pageSize: 7 }).reconcile();
      await bench.relay().look();
      await bench.redis.startWorker();
      const ended = await Promise.all(ids.map((id) => bench.redis.ended(id)));

      expect(ended.every(({ status }) => status === 'completed')).toBe(true);
      expect(runCount).toBe(30);
    });

    it('leaves alone what waits, is delayed or runs', async () => {
      const gate = Promise.withResolvers<Result<void, TaskError>>();
      await using bench = await createRelayBench(dialect, { handler: () => gate.promise });
      const [running] = (await publishTasks(bench, {})) as [TaskId];
      await bench.redis.startWorker({ concurrency: 1 });
      await bench.redis.reaches(running, 'running');
      await publishTasks(bench, {}, { dueAtMs: Date.now() + 60_000 });

      const report = await bench.reconciler({ pageSize: 2 }).reconcile();
      gate.resolve(ok());

      expect(report._unsafeUnwrap()).toEqual({
        checkedCount: 3,
        republishedCount: 0,
        endedCount: 0,
        leftCount: 0,
      });
    });

    it('writes down what has ended on its queue', async () => {
      const answers = [ok(), err(TaskError.fatal('no'))];
      const handler = async () => answers.shift() ?? ok();
      await using bench = await createRelayBench(dialect, { handler });
      const [completed, failed, cancelled] = (await publishTasks(
        bench,
        {},
        {},
        { dueAtMs: Date.now() + 60_000 },
      )) as [TaskId, TaskId, TaskId];
      (await bench.redis.inspector.cancel(cancelled, 'too late'))._unsafeUnwrap();
      await bench.redis.startWorker({ concurrency: 1 });
      for (const id of [completed, failed]) await bench.redis.ended(id);

      const report = await bench.reconciler().reconcile();

      expect(report._unsafeUnwrap()).toEqual({
        checkedCount: 3,
        republishedCount: 0,
        endedCount: 3,
        leftCount: 0,
      });
      const rows = await Promise.all([completed, failed, cancelled].map((id) => bench.ledger.row(id)));
      expect(
        rows.map((row) => [
          row?.['status'],
          row?.['result'],
          row?.['last_error'],
          row?.['cancel_reason'],
          row?.['started_at'] === null,
        ]),
      ).toEqual([
        ['completed', 'null', null, null, false],
        ['failed', null, 'no', null, false],
        ['cancelled', null, null, 'too late', true],
      ]);
      const attempts = await Promise.all(
        [completed, failed, cancelled].map((id) => bench.ledger.attempts(id)),
      );
      expect(attempts.map((each) => each.map(({ number, outcome }) => [number, outcome]))).toEqual([
        [[1, 'completed']],
        [[1, 'failed']],
        [],
      ]);
    });

    it('takes what runs only when its worker has given no sign of life for long', async () => {
      await using bench = await createRelayBench(dialect);
      const [id] = (await publishTasks(bench, {})) as [TaskId];
      await bench.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs: Date.now() }], Date.now());
      await bench.loseRedis();

      const early = await bench.reconciler().reconcile();
      const late = await bench.reconciler({ runningAgeMs: 50_000 }).reconcile();

      expect([early, late].map((each) => each._unsafeUnwrap().republishedCount)).toEqual([0, 1]);
      await bench.relay().look();
      expect(await bench.redis.record(id)).toMatchObject({ status: 'retrying', attempt: 1, crashCount: 1 });
    });

    it('leaves alone what is young, unless Redis is known to have lost its data', async () => {
      await using bench = await createRelayBench(dialect);
      await publishTasks(bench, {});
      await bench.loseRedis();
      const reconciler = bench.reconciler({ minAgeMs: 70_000 });

      const early = await reconciler.reconcile();
      const lost = await reconciler.reconcile({ minAgeMs: 0 });

      expect([early, lost].map((each) => each._unsafeUnwrap().republishedCount)).toEqual([0, 1]);
    });

    it('looks from its start to its stop, and says what it found', async () => {
      await using bench = await createRelayBench(dialect);
      await publishTasks(bench, {}, {});
      await bench.loseRedis();
      const found = Promise.withResolvers<void>();
      const reconciler = bench.reconciler({ intervalMs: 5, onUnpublished: found.resolve });

      reconciler.start();
      await found.promise;
      await reconciler.stop();

      expect(loggedLines(bench.logger)).toEqual([
        {
          level: 'warn',
          message: 'Tasks that Redis has lost are put on their queues again',
          meta: { taskCount: 2 },
        },
      ]);
    });
  });

  describe(`createReconciler on ${dialect}: what happens while it looks`, () => {
    it('publishes nothing again that ended, was touched or was published again meanwhile', async () => {
      await using bench = await createRelayBench(dialect);
      const [ended, touched, again] = (await publishTasks(bench, {}, {}, {})) as [TaskId, TaskId, TaskId];
      await bench.loseRedis();
      const late = Date.now() + 60_000;
      const findPlaces: FindPlaces = async (taskName, ids) => {
        await bench.writer.end(sampleEnd(ended));
        await bench.writer.touch([{ id: touched, attempt: 1, workerId: 'w1', startedAtMs: late }], late);
        await bench.outbox.unpublish([again], { untouchedSinceMs: late, runningSinceMs: late });
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
      const now = Date.now() + 60_000;
      const left = await bench.outbox.listUnfinished({
        limit: 9,
        untouchedSinceMs: now,
        runningSinceMs: now,
      });
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
