import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { v7 } from 'uuid';
import { type TaskId } from '../../../domain/TaskId';
import { createRelayBench, type RelayBench } from '../../__fixtures__/RelayBench';
import { type LedgerOutbox } from '../../LedgerOutbox';
import { type FindPlaces } from '../../walkPlaces';
import { countsOf, publishTasks, recover, touch } from './RecoveryBench';

/** A task of a clock that is ahead. */
const aheadBy = (aheadMs: number) => {
  const createdAtMs = Date.now() + aheadMs;
  return { id: v7({ msecs: createdAtMs }) as TaskId, createdAtMs };
};

/** Goes on scheduling until it is stopped. */
const startProducer = (bench: RelayBench, aheadMs: number) => {
  const relay = bench.relay();
  let isStopped = false;
  const produce = async (): Promise<void> => {
    while (!isStopped) {
      relay.nudge([await bench.insert(aheadBy(aheadMs))]);
      await Bun.sleep(1);
    }
  };
  const producing = produce();
  return {
    isStopped: () => isStopped,
    stop: async () => {
      isStopped = true;
      await producing;
      await relay.stop();
    },
  };
};

/** What becomes of a recovery while clocks differ, and while tasks are scheduled, on one database. */
export const describeRecoveryTimes = (dialect: SqlDialect): void => {
  describe(`recoverTasks on ${dialect}, and the times`, () => {
    it.each([false, true])(
      'sees to tasks that a clock which was ahead has put into the future, or says that it would: %p',
      async (isDryRun) => {
        await using bench = await createRelayBench(dialect);
        const aheadMs = Date.now() + 3_600_000;
        const [lost, running] = (await publishTasks(bench, { createdAtMs: aheadMs }, {})) as [TaskId, TaskId];
        await touch(bench, running, aheadMs);
        await bench.loseRedis();
        const unpublished = await bench.insert({ createdAtMs: aheadMs });

        const report = await recover(bench, { isDryRun });

        expect(countsOf(report)).toEqual([3, 2, 0, 1]);
        expect(report.taskNames[0]?.left).toEqual([
          { reason: expect.stringMatching(/^a worker ran it less than 60 s ago: /), count: 1 },
        ]);
        expect((await bench.waiting()).toSorted()).toEqual(isDryRun ? [] : [lost, unpublished].toSorted());
      },
    );

    it.each([0, 1000])(
      'puts tasks on their queues whose moment comes while it looks, and counts them: of an age of %i ms',
      async (minAgeMs) => {
        await using bench = await createRelayBench(dialect);
        const [lost] = (await publishTasks(bench, aheadBy(2000))) as [TaskId];
        await bench.loseRedis();
        const unpublished = await bench.insert(aheadBy(2000));
        let passedMs = 0;
        const findPlaces: FindPlaces = (...asked) => {
          passedMs = 3000;
          return bench.findPlaces(...asked);
        };
        // A row that was published a moment ago is as old as the test wants it.
        await bench.ledger.database.query(
          `UPDATE ${bench.ledger.tables.name('tasks')} SET published_at = created_at WHERE id = $1`,
          [lost],
        );

        const report = await recover(bench, { minAgeMs }, { findPlaces, now: () => Date.now() + passedMs });

        expect(countsOf(report)).toEqual([2, 2, 0, 0]);
        expect((await bench.waiting()).toSorted()).toEqual([lost, unpublished].toSorted());
      },
    );

    it('sees to none that is scheduled while it looks', async () => {
      await using bench = await createRelayBench(dialect);
      await publishTasks(bench, {});
      await bench.loseRedis();
      const later: TaskId[] = [];
      const findPlaces: FindPlaces = async (...asked) => {
        later.push(...(await publishTasks(bench, {})), await bench.insert());
        return bench.findPlaces(...asked);
      };

      expect(countsOf(await recover(bench, {}, { findPlaces }))).toEqual([1, 1, 0, 0]);
      expect(later.length).toBeGreaterThan(0);
    });

    it.each([
      ['is ahead by 50 ms', 50, 0],
      ['is right, when another one was ahead by an hour', 0, 3_600_000],
    ])('ends while a producer goes on scheduling whose clock %s', async (_what, aheadMs, otherAheadMs) => {
      await using bench = await createRelayBench(dialect);
      const other = await bench.insert(aheadBy(otherAheadMs));
      const producer = startProducer(bench, aheadMs);
      const deadline = setTimeout(() => void producer.stop(), 4000);

      const report = await recover(bench, {}, { batchSize: 100 });

      expect([producer.isStopped(), report.leftCount]).toEqual([false, 0]);
      expect(await bench.waiting()).toContain(other);
      clearTimeout(deadline);
      await producer.stop();
    });

    it('ends although more tasks come than it can put on their queues, by the clock of another one', async () => {
      await using bench = await createRelayBench(dialect);
      await bench.insert(aheadBy(3_600_000));
      const outbox: LedgerOutbox = {
        ...bench.outbox,
        claim: async (claim) => {
          await bench.insert();
          return bench.outbox.claim(claim);
        },
      };

      const ledger = { writer: bench.writer, outbox };
      const report = await recover(bench, { patienceMs: 50 }, { batchSize: 1, ledger });

      expect(report.leftCount).toBe(1);
    });
  });
};
