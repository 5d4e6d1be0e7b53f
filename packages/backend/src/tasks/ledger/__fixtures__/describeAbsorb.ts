import { describe, expect, it } from 'bun:test';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type LedgerEntry } from '../LedgerEntry';
import { createSqlHistory } from '../sql/sqlHistory';
import { CREATED_AT_MS, sampleEnd, sampleEntry } from './LedgerBench';
import { createOutboxBench, NOW_MS } from './OutboxBench';

/** What an outbox promises of tasks that another one stands for, on one database. */
export const describeAbsorb = (dialect: SqlDialect): void => {
  describe(`createSqlOutbox on ${dialect}: absorb`, () => {
    it('gives the task that waits what the later one was scheduled with, and forgets the later one', async () => {
      await using ledger = await createOutboxBench(dialect);
      const waiting = await ledger.insert();
      const correlationId = CorrelationId();
      const later = sampleEntry(
        { createdAtMs: CREATED_AT_MS + 5, dueAtMs: NOW_MS + 9, priority: 80 },
        { payload: { to: 'bob@example.com' }, correlationId },
      );
      await ledger.writer.insert(later);

      (await ledger.outbox.absorb(later.id, waiting))._unsafeUnwrap();

      expect(await ledger.row(later.id)).toBeUndefined();
      const [task] = await ledger.claim();
      expect(task).toMatchObject({
        id: waiting,
        envelope: later.envelope,
        dueAtMs: NOW_MS + 9,
        priority: 80,
      });
    });

    it('keeps what the last of several was scheduled with, in whatever order they are absorbed', async () => {
      await using ledger = await createOutboxBench(dialect);
      const waiting = await ledger.insert();
      const [earlier, last] = [5, 6].map((ageMs) =>
        sampleEntry({ createdAtMs: CREATED_AT_MS + ageMs }, { payload: ageMs }),
      ) as [LedgerEntry, LedgerEntry];
      await ledger.writer.insert(earlier);
      await ledger.writer.insert(last);

      await ledger.outbox.absorb(last.id, waiting);
      await ledger.outbox.absorb(earlier.id, waiting);

      expect((await ledger.claim()).map(({ id, envelope }) => [id, envelope.payload])).toEqual([
        [waiting, 6],
      ]);
    });

    it('forgets a run of a schedule that was skipped, and changes nothing of the one before it', async () => {
      await using ledger = await createOutboxBench(dialect);
      const scheduleId = 'nightly';
      const earlier = sampleEntry({}, { scheduleId });
      const skipped = sampleEntry({ createdAtMs: CREATED_AT_MS + 5 }, { scheduleId });
      for (const entry of [earlier, skipped]) await ledger.writer.insert(entry);

      (await ledger.outbox.absorb(skipped.id, earlier.id))._unsafeUnwrap();

      expect((await ledger.claim()).map(({ id, envelope }) => [id, envelope])).toEqual([
        [earlier.id, earlier.envelope],
      ]);
    });

    it('cancels a task of which somebody has heard, names the other one, and sweeps it as one that was cancelled', async () => {
      await using ledger = await createOutboxBench(dialect);
      const waiting = await ledger.insert();
      const later = sampleEntry({ createdAtMs: CREATED_AT_MS + 5 }, { payload: 'later' });
      await ledger.writer.insert(later);

      (await ledger.outbox.cancelAbsorbed(later.id, waiting))._unsafeUnwrap();

      expect(await ledger.row(later.id)).toMatchObject({
        status: 'cancelled',
        cancel_reason: `the task ${waiting} stands for it: it waited under the same debounce key`,
        payload: '"later"',
      });
      expect((await ledger.claim()).map(({ id, envelope }) => [id, envelope.payload])).toEqual([
        [waiting, 'later'],
      ]);
      const swept = { status: 'cancelled', endedBeforeMs: NOW_MS + 1, nowMs: NOW_MS, limit: 10 } as const;
      expect((await createSqlHistory(ledger.ledgerDatabase).sweep(swept))._unsafeUnwrap()).toBe(1);
    });

    it('cancels a run of a schedule that was skipped, and says so', async () => {
      await using ledger = await createOutboxBench(dialect);
      const scheduleId = 'nightly';
      const earlier = sampleEntry({}, { scheduleId });
      const skipped = sampleEntry({ createdAtMs: CREATED_AT_MS + 5 }, { scheduleId });
      for (const entry of [earlier, skipped]) await ledger.writer.insert(entry);

      (await ledger.outbox.cancelAbsorbed(skipped.id, earlier.id))._unsafeUnwrap();

      expect((await ledger.row(skipped.id))?.['cancel_reason']).toBe(
        `skipped: the run ${earlier.id} of its schedule was unfinished`,
      );
      expect((await ledger.claim()).map(({ id, envelope }) => [id, envelope])).toEqual([
        [earlier.id, earlier.envelope],
      ]);
    });

    it('leaves a task alone that has begun or ended', async () => {
      await using ledger = await createOutboxBench(dialect);
      const [waiting, begun, ended] = [await ledger.insert(), await ledger.insert(), await ledger.insert()];
      const attempt = { id: begun, attempt: 1, workerId: 'w1', startedAtMs: NOW_MS };
      await ledger.writer.touch([attempt], NOW_MS);
      await ledger.writer.end(sampleEnd(ended));

      // Given back in its first attempt: it waits, and what it was scheduled with was seen by a handler.
      const lost = await ledger.insert();
      await ledger.writer.end(sampleEnd(lost, { outcome: { kind: 'released' } }));

      await ledger.outbox.absorb(lost, waiting);
      await ledger.outbox.absorb(begun, waiting);
      await ledger.outbox.absorb(ended, waiting);
      for (const id of [lost, begun, ended]) await ledger.outbox.cancelAbsorbed(id, waiting);

      const statuses = await Promise.all(
        [lost, begun, ended].map(async (id) => (await ledger.row(id))?.['status']),
      );
      expect(statuses).toEqual(['pending', 'running', 'completed']);
    });
  });
};
