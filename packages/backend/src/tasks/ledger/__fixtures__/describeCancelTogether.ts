import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { type TaskId } from '../../domain/TaskId';
import { type EntryCancellation } from '../LedgerWriter';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, sampleEntry } from './LedgerBench';
import { createWriterBench, stateOf } from './WriterBench';

const NOW_MS = CREATED_AT_MS + 7;

type Given = Omit<EntryCancellation, 'nowMs'>;

const setup = async (dialect: SqlDialect) => {
  const bench = await createWriterBench(dialect);
  const running = async (): Promise<TaskId> => {
    const { id } = sampleEntry();
    await bench.writer.insert(sampleEntry({ id }));
    const attempt = { id, attempt: 1, workerId: 'w1', startedAtMs: CREATED_AT_MS };
    (await bench.writer.touch([attempt], CREATED_AT_MS))._unsafeUnwrap();
    return id;
  };
  const reasonOf = async (id: TaskId) => (await bench.row(id))?.['cancel_reason'];
  return Object.assign(bench, { running, reasonOf });
};

/** How tasks are cancelled at the same moment, on one kind of database. */
export const describeCancelTogether = (dialect: SqlDialect): void => {
  describe(`cancel and requestCancel of one moment on ${dialect}`, () => {
    it('writes the cancellations of one moment together, each with its reason and time', async () => {
      await using bench = await createWriterBench(dialect);
      const { ledgerDatabase } = bench;
      const entries = Array.from({ length: 40 }, () => sampleEntry());
      await Promise.all(entries.map((entry) => bench.writer.insert(entry)));
      let writeCount = 0;
      const writer = createSqlWriter({
        ...ledgerDatabase,
        run: (work) => {
          writeCount += 1;
          return ledgerDatabase.run(work);
        },
      });
      const answers = await Promise.all(
        entries.map(({ id }, index) =>
          writer.cancel(id, { reason: `no. ${index}`, nowMs: CREATED_AT_MS + index }),
        ),
      );
      const rows = await Promise.all(entries.map(({ id }) => bench.row(id)));

      expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual(entries.map(() => true));
      expect(writeCount).toBe(1);
      expect(
        rows.map((row) => [row?.['status'], row?.['cancel_reason'], Number(row?.['completed_at'])]),
      ).toEqual(entries.map((_, index) => ['cancelled', `no. ${index}`, CREATED_AT_MS + index]));
    });

    it('cancels a task that runs as far as it knows when that is said to be idle, once', async () => {
      await using bench = await createWriterBench(dialect);
      const [running, other] = [sampleEntry(), sampleEntry()];
      for (const entry of [running, other]) await bench.writer.insert(entry);
      await bench.writer.touch(
        [running, other].map(({ id }) => ({ id, attempt: 1, workerId: 'w1', startedAtMs: CREATED_AT_MS })),
        CREATED_AT_MS,
      );
      const nowMs = CREATED_AT_MS + 7;
      const answers = await Promise.all([
        bench.writer.cancel(running.id, { nowMs, isIdle: true }),
        bench.writer.cancel(other.id, { nowMs }),
        bench.writer.cancel(running.id, { nowMs, isIdle: true }),
      ]);

      expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual([true, false, false]);
      expect([await stateOf(bench, running.id), await stateOf(bench, other.id)]).toEqual([
        ['cancelled', 1],
        ['running', 1],
      ]);
    });

    it('tells one of those who cancel a task that it has, and keeps the reason of that one', async () => {
      await using bench = await setup(dialect);
      const { id } = sampleEntry();
      await bench.writer.insert(sampleEntry({ id }));
      const reasons = ['sold out', 'too late', 'not wanted'];
      const answers = await Promise.all(
        reasons.map((reason) => bench.writer.cancel(id, { reason, nowMs: NOW_MS })),
      );

      expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual([true, false, false]);
      expect(await bench.reasonOf(id)).toBe('sold out');
    });

    it.each<[Given, Given]>([
      [{ reason: 'not wanted' }, { reason: 'idle', isIdle: true }],
      [{ reason: 'idle', isIdle: true }, { reason: 'not wanted' }],
    ])(
      'counts that cancellation of a task that runs which may cancel it, of %j and %j',
      async (first, second) => {
        await using bench = await setup(dialect);
        const id = await bench.running();
        const given = [first, second];
        const answers = await Promise.all(
          given.map((each) => bench.writer.cancel(id, { ...each, nowMs: NOW_MS })),
        );

        expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual(
          given.map(({ isIdle }) => isIdle === true),
        );
        expect(await bench.reasonOf(id)).toBe('idle');
      },
    );

    it('notes the first request for each task', async () => {
      await using bench = await setup(dialect);
      const [one, other] = [await bench.running(), await bench.running()];
      const request = (id: TaskId, reason: string) =>
        bench.writer.requestCancel(id, { reason, nowMs: NOW_MS });
      const answers = await Promise.all([
        request(one, 'sold out'),
        request(other, 'too late'),
        request(one, 'again'),
      ]);

      expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual([true, true, false]);
      expect([await bench.reasonOf(one), await bench.reasonOf(other)]).toEqual(['sold out', 'too late']);
    });
  });
};
