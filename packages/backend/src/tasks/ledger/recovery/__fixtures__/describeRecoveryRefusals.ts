import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err } from 'neverthrow';
import { type TaskId } from '../../../domain/TaskId';
import { PublishError } from '../../../queue/publish';
import { createRelayBench, type RelayBench } from '../../__fixtures__/RelayBench';
import { LedgerError } from '../../LedgerError';
import { type LedgerWriter } from '../../LedgerWriter';
import { countsOf, NAME, publishTasks, recover } from './RecoveryBench';

/** What becomes of a recovery that Redis or the database refuses something, on one database. */
export const describeRecoveryRefusals = (dialect: SqlDialect): void => {
  describe(`recoverTasks on ${dialect}, refused`, () => {
    it('leaves what Redis refuses, with its reason, and publishes the others', async () => {
      await using bench = await createRelayBench(dialect);
      const refused = await bench.insert();
      for (let count = 0; count < 8; count += 1) await bench.insert();
      const no = new PublishError('Redis refused the task: OOM', { code: 'refused' });
      const publish: RelayBench['publish'] = async (job) =>
        job.id === refused ? err(no) : bench.publish(job);

      const report = await recover(bench, {}, { publish });

      expect(countsOf(report)).toEqual([9, 8, 0, 1]);
      expect(report.taskNames[0]?.left).toEqual([{ reason: 'Redis refused the task: OOM', count: 1 }]);
      expect(await bench.waiting()).toHaveLength(8);
    });

    it.each([
      ['on their queue', 1, [7, 0, 0, 2, 7]],
      ['lost', 2, [9, 0, 0, 9, 0]],
    ])(
      'has in place what was before the queue refused to say more: tasks %s',
      async (place, count, expected) => {
        await using bench = await createRelayBench(dialect);
        await publishTasks(bench, ...Array.from({ length: 9 }, () => ({})));
        if (place === 'lost') await bench.loseRedis();
        const busy = err(Object.assign(new Error('BUSY'), { name: 'ReplyError' }));
        const finds = Array.from({ length: count }, () => bench.findPlaces);

        const report = await recover(
          bench,
          {},
          { findPlaces: async (...asked) => finds.pop()?.(...asked) ?? busy },
        );

        expect([...countsOf(report), report.inPlaceCount]).toEqual(expected);
      },
    );

    it.each([false, true])(
      'goes on behind a queue that refuses and an end that is refused, and names them: %p',
      async (isDryRun) => {
        await using bench = await createRelayBench(dialect);
        const taskName = 'broken:queue';
        await bench.redis.redis.set(bench.queues.get(taskName).toKey('prioritized'), 'no sorted set');
        const later = { dueAtMs: Date.now() + 60_000 };
        const [refused, ended] = (await publishTasks(bench, later, later)) as [TaskId, TaskId];
        for (const id of [refused, ended]) (await bench.redis.inspector.cancel(id))._unsafeUnwrap();
        const [broken] = [await bench.insert({ taskName }), await bench.insert({ taskName })];
        await bench.outbox.markPublished([broken]);
        await bench.insert();
        const no = new LedgerError('the database refused', { code: 'ledger-refused' });
        const writer: LedgerWriter = {
          ...bench.writer,
          cancel: async (id, given) => (id === refused ? err(no) : bench.writer.cancel(id, given)),
        };

        const report = await recover(bench, { isDryRun }, { ledger: { writer, outbox: bench.outbox } });

        expect(countsOf(report)).toEqual(isDryRun ? [3, 1, 2, 2] : [3, 1, 1, 3]);
        expect(report.taskNames.map(({ taskName, left }) => [taskName, left])).toEqual([
          [taskName, [{ reason: expect.stringMatching(/^Redis refused: WRONGTYPE /), count: 2 }]],
          [NAME, isDryRun ? [] : [{ reason: 'the database refused', count: 1 }]],
        ]);
      },
    );
  });
};
