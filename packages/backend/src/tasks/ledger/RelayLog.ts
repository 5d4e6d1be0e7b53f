import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type LedgerError } from './LedgerError';
import { type OutboxLag } from './LedgerOutbox';
import { type UnplacedTask } from './publishTasks';

/** What a relay says: one line when the queues begin to be behind the ledger, and one when they have caught up. */
export interface RelayLog {
  /** Whether the queues are behind, as far as was said. */
  readonly isBehind: () => boolean;
  unplaced(tasks: readonly UnplacedTask[]): void;
  ledgerAway(error: LedgerError): void;
  caughtUp(): void;
  /** Still behind; at most now and then. */
  stillBehind(lag: OutboxLag): void;
}

/** Milliseconds between two lines that say the same. */
const WINDOW_MS = 60_000;

/** Creates the log of one relay. */
export const createRelayLog = (logger: ILogger): RelayLog => {
  const log = createRateLimitedLog({ logger, windowMs: WINDOW_MS });
  let isBehind = false;
  return {
    isBehind: () => isBehind,
    unplaced: (tasks) => {
      const [first] = tasks;
      if (first === undefined) return;
      const { task, error } = first;
      const { id: taskId, taskName, envelope } = task;
      const correlation = envelope === undefined ? {} : { correlationId: envelope.correlationId };
      const meta = { taskId, taskName, ...correlation, reason: error.message };
      if (isBehind) return log.warn('unplaced', 'Tasks of the ledger did not get onto their queues', meta);
      isBehind = true;
      logger.warn('The queues are behind the ledger: tasks did not get onto them', {
        ...meta,
        taskCount: tasks.length,
      });
    },
    ledgerAway: (error) =>
      log.warn('ledger-away', 'The relay cannot use the ledger', { reason: error.message }),
    caughtUp: () => {
      if (isBehind) logger.info('The queues have caught up with the ledger');
      isBehind = false;
    },
    stillBehind: ({ count: taskCount, oldestMs, aheadMs }) =>
      log.warn('behind', 'The queues are still behind the ledger', { taskCount, oldestMs, aheadMs }),
  };
};
