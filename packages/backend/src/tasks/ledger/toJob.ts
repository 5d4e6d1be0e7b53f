import { type TaskEnvelope } from '../domain/TaskEnvelope';
import { toDeduplicationOptions } from '../queue/DeduplicationKey';
import { type JobInput } from '../queue/TaskQueues';
import { type UnpublishedTask } from './LedgerOutbox';

/**
 * Makes the job of a task again, as it was when it was scheduled: with its id, its priority and its place in time. It is due
 * when it was, or at once, and its attempts go on counting. Pure.
 *
 * @param nowMs Milliseconds since 1970.
 */
export const toJob = (task: UnpublishedTask, nowMs: number): JobInput => {
  const { id, taskName, envelope, createdAtMs, dueAtMs = nowMs, fields = [] } = task;
  const { delay: _delay, timestamp = createdAtMs, ...options } = task.options;
  // One that has begun is a task of its own, whatever key it was scheduled with.
  const debounce = task.hasBegun ? undefined : task.debounce;
  const allFields = [...toCounts(task), ...fields];
  return {
    id,
    name: taskName,
    data: task.hasBegun ? withoutExpiry(envelope) : envelope,
    options: {
      ...options,
      jobId: id,
      timestamp,
      ...(dueAtMs > nowMs ? { delay: Math.max(1, dueAtMs - timestamp) } : {}),
      ...(debounce === undefined ? {} : { deduplication: toDeduplicationOptions(debounce) }),
    },
    debounce,
    isLate: true,
    ...(allFields.length === 0 ? {} : { fields: allFields }),
  };
};

/** BullMQ's counts of the attempts that a job has made, and of its stalls. */
const toCounts = ({ attemptsMade, crashCount }: UnpublishedTask): readonly string[] => [
  ...(attemptsMade > crashCount ? ['atm', String(attemptsMade - crashCount)] : []),
  ...(crashCount > 0 ? ['stc', String(crashCount)] : []),
];

/** A task that was tried in time goes on to its end, as `settle` has it. */
const withoutExpiry = ({ expiresAtMs: _expiresAtMs, ...kept }: TaskEnvelope): TaskEnvelope => kept;
