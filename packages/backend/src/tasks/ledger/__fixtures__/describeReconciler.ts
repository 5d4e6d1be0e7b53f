import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err, ok, type Result } from 'neverthrow';
import { TaskError } from '../../domain/TaskError';
import { type TaskId } from '../../domain/TaskId';
import { loggedLines } from '../../worker/__fixtures__/TaskBench';
import { sampleEnd } from './LedgerBench';
import { createRelayBench, publishTasks, RETRY } from './RelayBench';

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
      await bench.writer.end(sampleEnd(retrying, { outcome: { ...RETRY, dueAtMs: dueAtMs + 1 } }));
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

    it('brings back what a clock that was ahead has put into the future, unless that runs', async () => {
      await using bench = await createRelayBench(dialect);
      const createdAtMs = Date.now() + 3_600_000;
      const [id, running] = (await publishTasks(bench, { createdAtMs }, {})) as [TaskId, TaskId];
      const attempt = { id: running, attempt: 1, workerId: 'w1', startedAtMs: createdAtMs };
      await bench.writer.touch([attempt], createdAtMs);
      await bench.loseRedis();

      const report = await bench.reconciler({ minAgeMs: 30_000 }).reconcile();

      expect(report._unsafeUnwrap()).toMatchObject({ checkedCount: 2, republishedCount: 1 });
      await bench.relay({ minAgeMs: 2000 }).look();
      expect(await bench.waiting()).toEqual([id]);
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

    it('writes down that its queue has cancelled a task unstarted which runs as far as the ledger knows', async () => {
      await using bench = await createRelayBench(dialect);
      const [id] = (await publishTasks(bench, {})) as [TaskId];
      await bench.writer.touch([{ id, attempt: 1, workerId: 'w1', startedAtMs: Date.now() }], Date.now());
      (await bench.redis.inspector.cancel(id, 'too late'))._unsafeUnwrap();

      const report = await bench.reconciler({ runningAgeMs: 50_000 }).reconcile();

      expect(report._unsafeUnwrap().endedCount).toBe(1);
      expect(await bench.ledger.row(id)).toMatchObject({ status: 'cancelled', cancel_reason: 'too late' });
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
};
