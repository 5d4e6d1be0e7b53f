import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { type LedgerOutbox } from './LedgerOutbox';
import { createLedgerRelay, MAX_NUDGED } from './Relay';

describe('createLedgerRelay', () => {
  it('remembers only so many named tasks while it gets none of them onto its queue', async () => {
    const gate = Promise.withResolvers<void>();
    let readCount = 0;
    const outbox = {
      readUnpublished: async (ids: readonly TaskId[]) => {
        readCount += ids.length;
        await gate.promise;
        return ok({ tasks: [], unreadable: [] });
      },
    } as Partial<LedgerOutbox> as LedgerOutbox; // nothing else is asked of it
    const relay = createLedgerRelay({
      ledger: { outbox },
      publish: async ({ id }) => ok(id),
      logger: silentLogger,
      batchSize: 1000,
      intervalMs: 1000,
      minAgeMs: 0,
      leaseMs: 1000,
    });

    relay.nudge([TaskId()]);
    for (let calls = 0; calls < 5; calls += 1)
      relay.nudge(Array.from({ length: MAX_NUDGED / 2 }, () => TaskId()));
    gate.resolve();
    await relay.stop();

    expect(readCount).toBe(MAX_NUDGED + 1);
  });
});
