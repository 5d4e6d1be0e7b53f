import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { type AttemptOutcome, type EndedAttempt } from '../LedgerWriter';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createWriterBench, outcomesOf, retryAt, stateOf, taskError, WILD_TEXT } from './WriterBench';

/** How the ends of attempts are written down, on one kind of database. */
export const describeEnd = (dialect: SqlDialect): void => {
  describe(`end on ${dialect}`, () => {
    it.each<[outcome: AttemptOutcome, ending: unknown]>([
      [
        { kind: 'completed', value: { sent: [WILD_TEXT] } },
        { kind: 'completed', value: { sent: [WILD_TEXT] } },
      ],
      [
        { kind: 'completed', value: undefined },
        { kind: 'completed', value: null },
      ],
      [
        { kind: 'failed', error: taskError(WILD_TEXT) },
        { kind: 'failed', error: taskError(WILD_TEXT) },
      ],
      [{ kind: 'cancelled' }, { kind: 'cancelled' }],
      [
        { kind: 'cancelled', reason: 'late' },
        { kind: 'cancelled', reason: 'late' },
      ],
      [
        { kind: 'cancelled', reason: WILD_TEXT },
        { kind: 'cancelled', reason: 'nul \uFFFD half \uFFFD and \uFFFD' },
      ],
    ])('writes %o', async (outcome, ending) => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));

      expect(
        (await bench.writer.end(sampleEnd(id, { outcome, workerId: WILD_TEXT })))._unsafeUnwrap(),
      ).toEqual({
        kind: 'recorded',
      });
      expect((await bench.writer.standing(id))._unsafeUnwrap()).toMatchObject({
        kind: 'ended',
        ending,
      } as never);
      expect(await outcomesOf(bench, id)).toEqual([[1, outcome.kind]]);
    });

    it.each<[attempt: number, outcome: AttemptOutcome, state: unknown[]]>([
      [1, retryAt(CREATED_AT_MS + 99), ['retrying', 1]],
      [1, { kind: 'snoozed', dueAtMs: CREATED_AT_MS + 99 }, ['scheduled', 0]],
      [2, { kind: 'snoozed', dueAtMs: CREATED_AT_MS + 99 }, ['retrying', 1]],
      [1, { kind: 'released' }, ['pending', 0]],
      [2, { kind: 'released' }, ['retrying', 1]],
    ])('leaves a task open whose attempt %i ended in %o', async (attempt, outcome, state) => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.end(sampleEnd(id, { attempt, outcome, hasBegun: outcome.kind !== 'released' }));

      expect(await stateOf(bench, id)).toEqual(state);
      expect((await bench.writer.standing(id))._unsafeUnwrap()).toMatchObject({ kind: 'open' });
      expect(await outcomesOf(bench, id)).toEqual(
        outcome.kind === 'released' ? [] : [[attempt, outcome.kind]],
      );
    });

    it('answers how the task ended to those that come later, and keeps what they came to as discarded', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.end(sampleEnd(id));
      const ended = { kind: 'ended', ending: { kind: 'completed', value: { sent: true } } } as const;

      expect((await bench.writer.end(sampleEnd(id)))._unsafeUnwrap()).toEqual(ended);
      for (const [attempt, outcome] of [
        [2, { kind: 'failed', error: taskError('late') }],
        [3, retryAt(CREATED_AT_MS + 99)],
      ] as const)
        expect((await bench.writer.end(sampleEnd(id, { attempt, outcome })))._unsafeUnwrap()).toEqual(ended);
      expect(await stateOf(bench, id)).toEqual(['completed', 1]);
      expect(await outcomesOf(bench, id)).toEqual([
        [1, 'completed'],
        [2, 'discarded'],
        [3, 'discarded'],
      ]);
    });

    it('keeps an attempt once that its worker and its queue tell of, whoever comes first', async () => {
      await using bench = await createWriterBench(dialect);
      const byQueue = { startedAtMs: CREATED_AT_MS + 9, endedAtMs: CREATED_AT_MS + 18 };
      const [first, second] = [sampleEntry(), sampleEntry()];
      await Promise.all([first, second].map((entry) => bench.writer.insert(entry)));
      await bench.writer.end(sampleEnd(first.id));
      await bench.writer.end(sampleEnd(first.id, byQueue));
      await bench.writer.end(sampleEnd(second.id, byQueue));
      await bench.writer.end(sampleEnd(second.id));

      for (const { id } of [first, second]) expect(await outcomesOf(bench, id)).toEqual([[1, 'completed']]);
    });

    it.each<[name: string, given: Partial<EndedAttempt>]>([
      ['another worker', { workerId: 'w2' }],
      ['another time', { startedAtMs: CREATED_AT_MS + 20, endedAtMs: CREATED_AT_MS + 25 }],
    ])('keeps an attempt of the same number as discarded that is of %s', async (_name, given) => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.end(sampleEnd(id));
      await bench.writer.end(sampleEnd(id, { startedAtMs: CREATED_AT_MS + 11, ...given }));

      expect(await outcomesOf(bench, id)).toEqual([
        [1, 'completed'],
        [1, 'discarded'],
      ]);
    });

    it('puts nothing back on the queue when a later attempt runs already', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      await bench.writer.touch(
        [{ id, attempt: 2, workerId: 'w2', startedAtMs: CREATED_AT_MS + 50 }],
        CREATED_AT_MS + 50,
      );
      const late = await bench.writer.end(sampleEnd(id, { outcome: retryAt(CREATED_AT_MS + 99) }));

      expect(late._unsafeUnwrap()).toEqual({ kind: 'recorded' });
      expect(await stateOf(bench, id)).toEqual(['running', 2]);
      expect(await outcomesOf(bench, id)).toEqual([[1, 'retry']]);
    });

    it('counts the ends of one task that are told in one turn in their order', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const answers = await Promise.all([
        bench.writer.end(sampleEnd(id, { outcome: retryAt(CREATED_AT_MS + 99) })),
        bench.writer.end(sampleEnd(id, { attempt: 2 })),
        bench.writer.end(sampleEnd(id, { attempt: 3, outcome: { kind: 'cancelled' } })),
      ]);

      expect(answers.map((answer) => answer._unsafeUnwrap().kind)).toEqual(['recorded', 'recorded', 'ended']);
      expect(await stateOf(bench, id)).toEqual(['completed', 2]);
      expect(await outcomesOf(bench, id)).toEqual([
        [1, 'retry'],
        [2, 'completed'],
        [3, 'discarded'],
      ]);
    });

    it('knows nothing of an unknown task, and takes its end when it is written down', async () => {
      await using bench = await createWriterBench(dialect);
      const { id } = sampleEntry();
      const end = sampleEnd(id);

      expect((await bench.writer.end(end))._unsafeUnwrap()).toEqual({ kind: 'absent' });
      expect(await bench.attempts(id)).toEqual([]);
      await bench.writer.insert(sampleEntry({ id }));
      expect((await bench.writer.end(end))._unsafeUnwrap()).toEqual({ kind: 'recorded' });
      expect(await outcomesOf(bench, id)).toEqual([[1, 'completed']]);
    });

    it('writes an unknown task down with the end of its attempt, on no account to be published again', async () => {
      await using bench = await createWriterBench(dialect);
      const entry = sampleEntry();
      const { id } = entry;
      const retried = await bench.writer.endUnknown(
        entry,
        sampleEnd(id, { outcome: retryAt(CREATED_AT_MS + 99) }),
      );
      const completed = await bench.writer.endUnknown(entry, sampleEnd(id, { attempt: 2 }));

      expect([retried._unsafeUnwrap(), completed._unsafeUnwrap()]).toEqual([
        { kind: 'recorded' },
        { kind: 'recorded' },
      ]);
      expect(await stateOf(bench, id)).toEqual(['completed', 2]);
      expect(await bench.row(id)).toMatchObject({
        payload: '{"to":"ada@example.com"}',
        queue_prefix: 'test',
      });
      expect((await bench.row(id))?.['published_at']).not.toBeNull();
      expect(await outcomesOf(bench, id)).toEqual([
        [1, 'retry'],
        [2, 'completed'],
      ]);
    });

    it('leaves a task as it is that has been written down and has ended meanwhile', async () => {
      await using bench = await createWriterBench(dialect);
      const entry = sampleEntry();
      await bench.writer.insert(entry);
      await bench.writer.end(sampleEnd(entry.id, { attempt: 2 }));
      const late = await bench.writer.endUnknown(
        entry,
        sampleEnd(entry.id, { outcome: { kind: 'failed', error: taskError('late') } }),
      );

      expect(late._unsafeUnwrap()).toMatchObject({ kind: 'ended', ending: { kind: 'completed' } });
      expect(await stateOf(bench, entry.id)).toEqual(['completed', 2]);
    });

    it('writes nothing of an unknown task whose end cannot be written', async () => {
      await using bench = await createWriterBench(dialect);
      const entry = sampleEntry();
      const refused = await bench.writer.endUnknown(
        entry,
        sampleEnd(entry.id, { outcome: { kind: 'completed', value: 1n } }),
      );

      expect(refused._unsafeUnwrapErr().code).toBe('ledger-refused');
      expect(await bench.row(entry.id)).toBeUndefined();
    });

    it('refuses a value that JSON cannot carry, and writes the others of its turn', async () => {
      await using bench = await createWriterBench(dialect);
      const [good, bad] = [sampleEntry(), sampleEntry()];
      await Promise.all([good, bad].map((entry) => bench.writer.insert(entry)));
      const [written, refused] = await Promise.all([
        bench.writer.end(sampleEnd(good.id)),
        bench.writer.end(sampleEnd(bad.id, { outcome: { kind: 'completed', value: 1n } })),
      ]);

      expect(written._unsafeUnwrap()).toEqual({ kind: 'recorded' });
      expect(refused._unsafeUnwrapErr().code).toBe('ledger-refused');
    });
  });
};
