import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err } from 'neverthrow';
import { TaskError } from '../../domain/TaskError';
import { type TaskId } from '../../domain/TaskId';
import { PublishError } from '../../queue/publish';
import { loggedLines } from '../../worker/__fixtures__/TaskBench';
import { type PublishJob } from '../publishTasks';
import { sampleEnd } from './LedgerBench';
import { createRelayBench, type RelayBench } from './RelayBench';
import { takeBack } from './takeBack';

const isPublished = async ({ ledger }: RelayBench, id: TaskId): Promise<boolean> =>
  Number((await ledger.row(id))?.['published_at'] ?? 0) > 0;

const unreachable = err(new PublishError('Redis is not reachable', { code: 'unreachable' }));

/** What a relay promises, on one database. */
export const describeRelay = (dialect: SqlDialect): void => {
  describe(`createLedgerRelay on ${dialect}`, () => {
    it('publishes batch after batch until nothing is left', async () => {
      await using bench = await createRelayBench(dialect);
      const ids = await Promise.all(Array.from({ length: 25 }, () => bench.insert()));

      expect(await bench.relay({ batchSize: 10 }).look()).toBe(25);

      expect((await bench.waiting()).toSorted()).toEqual(ids.toSorted());
      expect((await bench.outbox.lag(Date.now()))._unsafeUnwrap().count).toBe(0);
      expect(bench.logger.warn).not.toHaveBeenCalled();
    });

    it('puts a task where schedule puts it, with its priority and its time', async () => {
      await using bench = await createRelayBench(dialect);
      const dueAtMs = Date.now() + 60_000;
      const high = await bench.redis.schedule(bench.task, {}, { priority: 80 });
      const low = await bench.redis.schedule(bench.task, {}, { priority: 20 });
      const options = { priority: 101 - 50, attempts: 3, timestamp: Date.now() - 5 };
      const [now, later] = [await bench.insert({ options }), await bench.insert({ options, dueAtMs })];

      await bench.relay().look();

      expect(await bench.waiting()).toEqual([high, now, low]);
      expect(await bench.redis.record(later)).toMatchObject({
        status: 'scheduled',
        dueAt: new Date(dueAtMs),
        scheduledAt: new Date(options.timestamp),
      });
    });

    it('publishes 1,000 tasks once each when two relays look at once', async () => {
      await using bench = await createRelayBench(dialect);
      const ids = await Promise.all(Array.from({ length: 1000 }, () => bench.insert()));
      const published: TaskId[] = [];
      const publish: PublishJob = (job) => {
        published.push(job.id);
        return bench.publish(job);
      };

      const counts = await Promise.all([bench.relay({ publish }).look(), bench.relay({ publish }).look()]);

      expect(published.toSorted()).toEqual(ids.toSorted());
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(1000);
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect(await bench.waiting()).toHaveLength(1000);
    });

    it('leaves the tasks to the next look while Redis is away, and says so once', async () => {
      await using bench = await createRelayBench(dialect);
      const ids = [await bench.insert(), await bench.insert(), await bench.insert()];
      let isAway = true;
      const publish: PublishJob = async (job) => (isAway ? unreachable : bench.publish(job));
      const relay = bench.relay({ publish, batchSize: 2 });

      expect([await relay.look(), await relay.look()]).toEqual([0, 0]);
      isAway = false;
      expect([await relay.look(), await relay.look()]).toEqual([3, 0]);

      expect((await bench.waiting()).toSorted()).toEqual(ids.toSorted());
      expect(loggedLines(bench.logger).map(({ level, message }) => [level, message])).toEqual([
        ['warn', 'The queues are behind the ledger: tasks did not get onto them'],
        ['warn', 'Tasks of the ledger did not get onto their queues'],
        ['info', 'The queues have caught up with the ledger'],
      ]);
    });

    it('publishes what is behind tasks that Redis refuses, or of which no job can be made', async () => {
      await using bench = await createRelayBench(dialect);
      const wrongKey = bench.queues.get('broken:queue').toKey('prioritized');
      await bench.redis.redis.set(wrongKey, 'no sorted set');
      const refused = [
        await bench.insert({ taskName: 'broken:queue' }),
        await bench.insert({ taskName: 'no:job' }),
      ];
      const fine = [await bench.insert(), await bench.insert(), await bench.insert()];
      const publish: PublishJob = async (job) => {
        if (job.name === 'no:job') throw new Error('no job');
        return bench.publish(job);
      };
      const relay = bench.relay({ publish, batchSize: 2 });

      for (let looks = 0; looks < 3; looks += 1) await relay.look();

      expect((await bench.waiting()).toSorted()).toEqual(fine.toSorted());
      expect(await Promise.all(refused.map((id) => isPublished(bench, id)))).toEqual([false, false]);
      expect(loggedLines(bench.logger).map(({ message }) => message)).not.toContain(
        'The queues have caught up with the ledger',
      );
    });

    it('publishes what is behind a row that cannot be read, and names that row', async () => {
      await using bench = await createRelayBench(dialect);
      const [bad, named, fine] = [await bench.insert(), await bench.insert(), await bench.insert()];
      for (const id of [bad, named])
        await bench.ledger.database.query(
          `UPDATE ${bench.ledger.tables.name('tasks')} SET job = $1 WHERE id = $2`,
          ['null', id],
        );
      const relay = bench.relay();

      relay.nudge([named]);
      await relay.stop();
      expect(await relay.look()).toBe(1);

      expect(await bench.waiting()).toEqual([fine]);
      expect([await isPublished(bench, bad), await isPublished(bench, named)]).toEqual([false, false]);
      const [line] = loggedLines(bench.logger);
      expect(line?.meta).toEqual({
        taskId: named,
        taskName: 'emails:send',
        taskCount: 1,
        reason: expect.stringContaining(
          'expected the columns envelope, payload and job of its row to be what Drover writes there: ',
        ),
      });
    });

    it('publishes named tasks at once, however young', async () => {
      await using bench = await createRelayBench(dialect);
      const relay = bench.relay({ minAgeMs: 60_000 });
      const [named, other] = [
        await bench.insert({ createdAtMs: Date.now() }),
        await bench.insert({ createdAtMs: Date.now() }),
      ];

      relay.nudge([named]);
      await relay.stop();
      await bench.outbox.settled();

      expect(await bench.waiting()).toEqual([named]);
      expect(await Promise.all([named, other].map((id) => isPublished(bench, id)))).toEqual([true, false]);
    });

    it('looks from its start to its stop', async () => {
      await using bench = await createRelayBench(dialect);
      const first = await bench.insert();
      const relay = bench.relay({ intervalMs: 5 });
      relay.start();
      while (!(await isPublished(bench, first))) await Bun.sleep(1);
      const second = await bench.insert();
      while (!(await isPublished(bench, second))) await Bun.sleep(1);
      await relay.stop();
      const third = await bench.insert();
      await Bun.sleep(15);

      expect(await bench.waiting()).toEqual([first, second]);
      expect(await isPublished(bench, third)).toBe(false);
    });

    it('lets the attempts of a task that Redis has lost go on counting', async () => {
      let runCount = 0;
      const handler = async () => {
        runCount += 1;
        return err(new TaskError('no'));
      };
      await using bench = await createRelayBench(dialect, { handler });
      const id = await bench.insert();
      const error = { message: 'no', code: 'task-failed', attempt: 1 } as const;
      await bench.writer.end(sampleEnd(id, { outcome: { kind: 'retry', error, dueAtMs: Date.now() - 1 } }));
      await takeBack(bench.outbox, id);

      await bench.relay().look();
      const queued = await bench.redis.record(id);
      await bench.redis.startWorker();
      const ended = await bench.redis.ended(id);

      expect([queued.status, queued.attempt]).toEqual(['retrying', 1]);
      expect([runCount, ended.status, ended.attempt, ended.error?.attempt]).toEqual([2, 'failed', 3, 3]);
    });
  });

  describe(`createLedgerRelay on ${dialect}: debounce`, () => {
    const debounce = { kind: 'debounce', key: 'k', windowMs: 60_000, maxWaitMs: undefined } as const;

    it('cancels the task for which the queue has an older one, and gives that its payload', async () => {
      await using bench = await createRelayBench(dialect);
      const older = await bench.insert({ debounce }, 'older');
      await bench.relay().look();
      const younger = await bench.insert({ debounce }, 'younger');

      expect(await bench.relay().look()).toBe(1);

      expect(await bench.ledger.row(younger)).toMatchObject({
        status: 'cancelled',
        cancel_reason: expect.stringContaining(older),
        published_at: expect.anything(),
      });
      expect((await bench.redis.record(older)).payload).toBe('younger');
      expect((await bench.ledger.row(older))?.['payload']).toBe('"younger"');
    });

    it('replaces nothing that was scheduled later than the task itself', async () => {
      await using bench = await createRelayBench(dialect);
      const late = await bench.insert({ debounce }, 'late');
      const onQueue = await bench.insert({ debounce }, 'on the queue');
      bench.relay({ minAgeMs: 60_000 }).nudge([onQueue]);
      while ((await bench.redis.record(onQueue).catch(() => undefined)) === undefined) await Bun.sleep(5);

      await bench.relay().look();

      expect((await bench.redis.record(onQueue)).payload).toBe('on the queue');
      expect((await bench.ledger.row(late))?.['status']).toBe('cancelled');
    });

    it('keeps a task that has its job, whatever waits under its key by now', async () => {
      await using bench = await createRelayBench(dialect);
      const first = await bench.insert({ debounce }, 'first');
      await bench.relay().look();
      // A job that begins loses the key.
      await bench.redis.redis.del((await bench.redis.keys()).filter((key) => key.includes(':de:')));
      const later = await bench.insert({ debounce }, 'later');
      await bench.relay().look();
      await takeBack(bench.outbox, first);

      expect(await bench.relay().look()).toBe(1);

      expect(await isPublished(bench, first)).toBe(true);
      expect((await bench.ledger.row(first))?.['payload']).toBe('"first"');
      expect((await bench.redis.record(later)).payload).toBe('later');
    });
  });
};
