import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { PublishError } from '../queue/publish';
import { loggedLines } from '../worker/__fixtures__/TaskBench';
import { sampleEntry } from './__fixtures__/LedgerBench';
import { createRelayLog } from './RelayLog';

describe('stillBehind', () => {
  it('tells how long tasks have waited from how far one is ahead', () => {
    const logger = getMockedLogger();
    createRelayLog(logger).stillBehind({ count: 399, oldestMs: 1000, aheadMs: 3_599_000 });

    expect(loggedLines(logger)).toEqual([
      {
        level: 'warn',
        message: 'The queues are still behind the ledger',
        meta: { taskCount: 399, oldestMs: 1000, aheadMs: 3_599_000 },
      },
    ]);
  });
});

describe('unplaced', () => {
  it('names the task that did not get onto its queue, with its correlation ID', () => {
    const logger = getMockedLogger();
    const log = createRelayLog(logger);
    const task = { ...sampleEntry(), attemptsMade: 0, crashCount: 0, hasBegun: false };
    const unplaced = [{ task, error: new PublishError('Redis is away', { code: 'unreachable' }) }];
    log.unplaced(unplaced);
    log.unplaced(unplaced);

    const facts = {
      taskId: task.id,
      taskName: task.taskName,
      correlationId: task.envelope.correlationId,
      reason: 'Redis is away',
    };
    expect(loggedLines(logger)).toEqual([
      {
        level: 'warn',
        message: 'The queues are behind the ledger: tasks did not get onto them',
        meta: { ...facts, taskCount: 1 },
      },
      { level: 'warn', message: 'Tasks of the ledger did not get onto their queues', meta: facts },
    ]);
  });
});
