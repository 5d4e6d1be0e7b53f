import { type LedgerEntry } from '../ledger/LedgerEntry';
import { toLedgerEntry } from '../ledger/toLedgerEntry';
import { fromJobPriority, toJobOptions } from '../queue/JobOptions';
import { type Attempt } from './Attempt';

/**
 * The entry of a task that was delivered and is not in the ledger: scheduled while that was off or away, or by a recurring
 * schedule.
 */
export const toDeliveredEntry = ({ delivery, task, envelope, plan }: Attempt): LedgerEntry => {
  const { taskId: id, scheduledAt, delayMs, jobPriority, deduplication } = delivery;
  const nowMs = scheduledAt.getTime();
  const options = toJobOptions({
    id,
    task: task.options,
    // Plain BullMQ has lower priorities than our lowest.
    call: { priority: Math.max(0, fromJobPriority(jobPriority)) },
    delayMs,
    nowMs,
    maxAttempts: plan.maxAttempts,
  });
  const keyed = deduplication === undefined ? options : { ...options, deduplication };
  return toLedgerEntry({ id, name: task.queueName, data: envelope, options: keyed }, { nowMs });
};
