import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog, type RateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type TaskLedger } from './TaskLedger';

/** For each ledger, with which they live and die. */
const logs = new WeakMap<Pick<TaskLedger, 'writer'>, RateLimitedLog>();

/**
 * The log of what everybody in this process meets who writes tasks down in the same ledger: it says it once, however many
 * schedulers, inspectors and dead letter queues there are.
 *
 * @param logger Used by the log if this call is the one that creates it.
 */
export const sharedLedgerLog = (ledger: Pick<TaskLedger, 'writer'>, logger: ILogger): RateLimitedLog => {
  const log = logs.get(ledger) ?? createRateLimitedLog({ logger: guardedLogger(logger) });
  logs.set(ledger, log);
  return log;
};
