import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err, ok, type Result } from 'neverthrow';
import { type TaskError } from '../../../domain/TaskError';
import { type TaskId } from '../../../domain/TaskId';
import { createRelayBench, statusOf } from '../../__fixtures__/RelayBench';
import { EVER, takeBack } from '../../__fixtures__/takeBack';
import { recoverTasks } from '../recoverTasks';
import { countsOf, NAME, publishTasks, recover, touch } from './RecoveryBench';

/** What a recovery promises, on one database. */
export const describeRecovery = (dialect: SqlDialect): void => {
  describe(`recoverTasks on ${dialect}`, () => {
    it.each([false, true])(
      'puts what was lost and what was never published on the queues, or says that it would: %p',
      async (isDryRun) => {
        await using bench = await createRelayBench(dialect);
        const lost = await publishTasks(bench, ...Array.from({ length: 20 }, () => ({})));
        await bench.loseRedis();
        const kept = await publishTasks(bench, {}, {});
        const unpublished = [await bench.insert(), await bench.insert({ taskName: 'orders:pack' })];

        const report = await recover(bench, { isDryRun });

        expect(report).toEqual({
          checkedCount: 24,
          inPlaceCount: 2,
          publishedCount: 22,
          endedCount: 0,
          leftCount: 0,
          taskNames: [
            {
              taskName: NAME,
              checkedCount: 23,
              inPlaceCount: 2,
              publishedCount: 21,
              endedCount: 0,
              leftCount: 0,
              left: [],
            },
            {
              taskName: 'orders:pack',
              checkedCount: 1,
              inPlaceCount: 0,
              publishedCount: 1,
              endedCount: 0,
              leftCount: 0,
              left: [],
            },
          ],
        });
        const expected = isDryRun ? kept : [...lost, ...kept, unpublished[0]];
        expect((await bench.waiting()).toSorted()).toEqual(expected.toSorted() as string[]);
        const lag = (await bench.outbox.lag(Date.now()))._unsafeUnwrap().count;
        expect(lag).toBe(isDryRun ? 2 : 0);
        expect(countsOf(await recover(bench, { isDryRun }))).toEqual([24, isDryRun ? 22 : 0, 0, 0]);
      },
    );

    it('only notes of a task that it is on its queue when it is, or that it has ended', async () => {
      await using bench = await createRelayBench(dialect);
      const [ended, noted] = [await bench.insert(), await bench.insert()];
      const jobs: Parameters<typeof bench.publish>[0][] = [];
      const never = bench.relay({
        publish: async (job) => {
          jobs.push(job);
          return ok(job.id);
        },
      });
      await never.look();
      for (const job of jobs) await bench.publish(job);
      (await bench.redis.inspector.cancel(ended))._unsafeUnwrap();
      await takeBack(bench.outbox, ended, noted);

      const dry = await recover(bench, { isDryRun: true });
      const report = await recover(bench);

      expect([countsOf(dry), countsOf(report)]).toEqual([
        [2, 0, 1, 0],
        [2, 0, 1, 0],
      ]);
      expect((await bench.ledger.row(ended))?.['status']).toBe('cancelled');
      expect((await bench.ledger.row(noted))?.['published_at']).not.toBeNull();
    });

    it('writes the ends down that the ledger does not know', async () => {
      await using bench = await createRelayBench(dialect);
      const ids = await publishTasks(bench, {}, {}, {});
      await bench.redis.startWorker();
      await Promise.all(ids.map((id) => bench.redis.ended(id)));

      expect(countsOf(await recover(bench, { isDryRun: true }))).toEqual([3, 0, 3, 0]);
      expect(countsOf(await recover(bench))).toEqual([3, 0, 3, 0]);
      expect(countsOf(await recover(bench))).toEqual([0, 0, 0, 0]);
    });

    it.each([false, true])('leaves what a worker ran a moment ago, and says why: %p', async (isDryRun) => {
      await using bench = await createRelayBench(dialect);
      const [alive, silent] = (await publishTasks(bench, {}, {})) as [TaskId, TaskId];
      await touch(bench, alive, Date.now() - 1000);
      await touch(bench, silent, Date.now() - 90_000);
      await bench.loseRedis();

      const report = await recover(bench, { isDryRun });

      expect(countsOf(report)).toEqual([2, 1, 0, 1]);
      expect(report.taskNames[0]?.left).toEqual([
        { reason: expect.stringMatching(/^a worker ran it less than 60 s ago: /), count: 1 },
      ]);
    });

    it.each([false, true])(
      'cancels what was lost and was to stop, or says that it would: %p',
      async (isDryRun) => {
        await using bench = await createRelayBench(dialect);
        const [unwanted, lost] = (await publishTasks(bench, {}, {})) as [TaskId, TaskId];
        const nowMs = Date.now() - 90_000;
        await touch(bench, unwanted, nowMs);
        (await bench.writer.requestCancel(unwanted, { nowMs }))._unsafeUnwrap();
        await bench.loseRedis();

        const report = await recover(bench, { isDryRun });

        expect([...countsOf(report), report.inPlaceCount]).toEqual([2, 1, 1, 0, 0]);
        expect([await statusOf(bench, unwanted), await bench.waiting()]).toEqual(
          isDryRun ? ['running', []] : ['cancelled', [lost]],
        );
      },
    );

    it('leaves what runs alone, and says nothing of it, when Redis has it', async () => {
      const gate = Promise.withResolvers<Result<void, TaskError>>();
      await using bench = await createRelayBench(dialect, { handler: () => gate.promise });
      const [id] = (await publishTasks(bench, {})) as [TaskId];
      await bench.redis.startWorker();
      await bench.redis.reaches(id, 'running');
      await touch(bench, id, Date.now());
      await Bun.sleep(2);

      const counts = countsOf(await recover(bench));
      gate.resolve(ok());

      expect(counts).toEqual([1, 0, 0, 0]);
    });

    it('waits for what another process has claimed, and in the end leaves it', async () => {
      await using bench = await createRelayBench(dialect);
      const ids = [await bench.insert(), await bench.insert()];
      const claim = { limit: 10, created: EVER, nowMs: Date.now(), leaseMs: 60_000 };
      (await bench.outbox.claim(claim))._unsafeUnwrap();

      const report = await recover(bench, { patienceMs: 150 });
      const waiting = recover(bench, { patienceMs: 10_000 });
      await Bun.sleep(20);
      (await bench.outbox.markPublished(ids))._unsafeUnwrap();

      expect(countsOf(report)).toEqual([2, 0, 0, 2]);
      expect(report.taskNames[0]?.left.map(({ reason }) => reason)).toEqual([
        'another process has claimed it, and has not put it on its queue yet',
      ]);
      expect((await waiting).leftCount).toBe(0);
    });

    it('leaves alone what is younger than it is told', async () => {
      await using bench = await createRelayBench(dialect);
      await publishTasks(bench, {});
      await bench.loseRedis();
      await bench.insert({ createdAtMs: Date.now() });

      expect(countsOf(await recover(bench, { minAgeMs: 60_000 }))).toEqual([0, 0, 0, 0]);
    });

    it('gives back what it has claimed when Redis goes away', async () => {
      await using bench = await createRelayBench(dialect);
      await bench.insert();
      const gone = err(new Error('Connection is closed.'));
      const ledger = { writer: bench.writer, outbox: bench.outbox };
      const times = { leaseMs: 10_000, runningAgeMs: 60_000 };
      const answer = await recoverTasks({
        ledger,
        findPlaces: async () => gone,
        publish: bench.publish,
        batchSize: 7,
        ...times,
      });

      expect(answer._unsafeUnwrapErr().message).toBe('Redis does not answer: Connection is closed.');
      expect(await bench.relay().look()).toBe(1);
    });

    it('lets no task run twice when it recovers while workers run', async () => {
      const runs: string[] = [];
      const handler = async () => {
        runs.push('run');
        await Bun.sleep(1);
        return ok();
      };
      await using bench = await createRelayBench(dialect, { handler });
      const ids = await publishTasks(bench, ...Array.from({ length: 60 }, () => ({})));
      ids.push(await bench.insert());
      await bench.redis.startWorker({ concurrency: 3 });
      let endedCount = 0;
      while (endedCount < ids.length) {
        const reports = await Promise.all([recover(bench), recover(bench)]);
        for (const report of reports) endedCount += report.endedCount;
        expect(reports.map(({ leftCount }) => leftCount)).toEqual([0, 0]);
      }

      expect(runs).toHaveLength(ids.length);
    });

    it('publishes each task once when two recover at once', async () => {
      await using bench = await createRelayBench(dialect);
      await publishTasks(bench, ...Array.from({ length: 40 }, () => ({})));
      await bench.loseRedis();

      const reports = await Promise.all([recover(bench), recover(bench)]);

      expect(reports.map(({ publishedCount }) => publishedCount).reduce((sum, count) => sum + count)).toBe(
        40,
      );
      expect(reports.map(({ leftCount }) => leftCount)).toEqual([0, 0]);
      expect(await bench.waiting()).toHaveLength(40);
    });
  });
};
