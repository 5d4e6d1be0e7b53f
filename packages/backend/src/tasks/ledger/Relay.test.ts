import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { loggedLines } from '../worker/__fixtures__/TaskBench';
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

  it.each([
    [{ count: 1, oldestMs: 3001, aheadMs: 0 }, 'The queues are still behind the ledger'],
    [{ count: 1, oldestMs: 0, aheadMs: 3001 }, 'The queues are still behind the ledger'],
    [{ count: 1, oldestMs: 3000, aheadMs: 3000 }, 'The queues have caught up with the ledger'],
  ])('says of a lag of %j: %s', async (lag, message) => {
    const logger = getMockedLogger();
    const waiting = [{ id: TaskId(), taskName: 'emails:send', problem: 'its payload is no JSON' }];
    const outbox = {
      claim: async () => ok({ tasks: [], unreadable: waiting.splice(0) }),
      markPublished: async () => ok(),
      release: async () => ok(),
      lag: async () => ok(lag),
    } as Partial<LedgerOutbox> as LedgerOutbox; // nothing else is asked of it
    const relay = createLedgerRelay({
      ledger: { outbox },
      publish: async ({ id }) => ok(id),
      logger,
      batchSize: 1000,
      intervalMs: 1000,
      minAgeMs: 2000,
      leaseMs: 1000,
    });
    await relay.look();
    await relay.look();

    expect(loggedLines(logger).at(-1)?.message).toBe(message);
  });
});
