import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type AttemptOutcome } from '../LedgerWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createWriterBench, retryAt, stateOf } from './WriterBench';

/** How running attempts are written down, on one kind of database. */
export const describeTouch = (dialect: SqlDialect): void => {
  describe(`touch on ${dialect}`, () => {
    const touchOf = (id: TaskId, attempt = 1, startedAtMs = CREATED_AT_MS + 10, workerId = 'w1') => ({
      id,
      attempt,
      workerId,
      startedAtMs,
    });

    it('writes that attempts run', async () => {
      await using bench = await createWriterBench(dialect);
      const [a, b] = [sampleEntry(), sampleEntry()];
      await Promise.all([a, b].map((entry) => bench.writer.insert(entry)));
      (await bench.writer.touch([touchOf(a.id), touchOf(b.id, 2)], CREATED_AT_MS + 20))._unsafeUnwrap();

      expect([await stateOf(bench, a.id), await stateOf(bench, b.id)]).toEqual([
        ['running', 1],
        ['running', 2],
      ]);
      const row = await bench.row(a.id);
      expect([row?.['worker_id'], Number(row?.['started_at']), Number(row?.['updated_at'])]).toEqual([
        'w1',
        CREATED_AT_MS + 10,
        CREATED_AT_MS + 20,
      ]);
    });

    it.each<[name: string, outcome: AttemptOutcome, state: unknown[]]>([
      ['is tried again', retryAt(CREATED_AT_MS + 99), ['retrying', 1]],
      ['was put off', { kind: 'snoozed', dueAtMs: CREATED_AT_MS + 99 }, ['scheduled', 0]],
      ['was given back', { kind: 'released' }, ['pending', 0]],
      ['has completed', { kind: 'completed', value: 1 }, ['completed', 1]],
    ])(
      'changes nothing when it comes after the end of its attempt: the task %s',
      async (_name, outcome, state) => {
        await using bench = await createWriterBench(dialect);
        const { id } = sampleEntry();
        await bench.writer.insert(sampleEntry({ id }));
        await bench.writer.end(sampleEnd(id, { outcome }));
        await bench.writer.touch([touchOf(id)], CREATED_AT_MS + 20);

        expect(await stateOf(bench, id)).toEqual(state);
        await bench.writer.touch([touchOf(id, 2, CREATED_AT_MS + 100)], CREATED_AT_MS + 100);
        expect(await stateOf(bench, id)).toEqual(outcome.kind === 'completed' ? state : ['running', 2]);
      },
    );

    it('changes nothing of an attempt that a later one has taken over', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.touch([touchOf(id, 2, CREATED_AT_MS + 100, 'w2')], CREATED_AT_MS + 100);
      await bench.writer.touch([touchOf(id)], CREATED_AT_MS + 110);

      expect([await stateOf(bench, id), (await bench.row(id))?.['worker_id']]).toEqual([
        ['running', 2],
        'w2',
      ]);
    });
  });
};
