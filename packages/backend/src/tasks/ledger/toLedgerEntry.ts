import { ENVELOPE_VERSION, type TaskEnvelope } from '../domain/TaskEnvelope';
import { fromJobPriority } from '../queue/JobOptions';
import { type JobInput } from '../queue/TaskQueues';
import { type LedgerEntry, type LedgerKey } from './LedgerEntry';

/** A job whose data is an envelope of ours. */
export interface EnvelopeJob extends JobInput {
  readonly data: TaskEnvelope;
}

/** What the ledger keeps of a task that its job does not say. */
export interface EntryFacts {
  readonly key?: LedgerKey | undefined;
  readonly retryStrategy?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Whether a job's data is an envelope that this code writes. */
export const isEnvelopeJob = (job: JobInput): job is EnvelopeJob =>
  typeof job.data === 'object' && job.data !== null && 'v' in job.data && job.data.v === ENVELOPE_VERSION;

/** Makes an entry of a job that is about to be put on its queue. */
export const toLedgerEntry = (
  { id, name, data, options, debounce, fields = [] }: EnvelopeJob,
  { key, retryStrategy, nowMs }: EntryFacts,
): LedgerEntry => {
  const { deduplication, ...kept } = options;
  const isExclusiveRun =
    data.scheduleId !== undefined && deduplication !== undefined && deduplication.ttl === undefined;
  const { priority = 0, delay = 0, attempts = 1 } = options;
  return {
    id,
    taskName: name,
    envelope: data,
    // With its time: one that is put on the queue late is no later due.
    options: {
      ...kept,
      timestamp: options.timestamp ?? nowMs,
      // Without it the next run would start beside one that Redis has lost.
      ...(isExclusiveRun ? { deduplication } : {}),
    },
    ...(fields.length === 0 ? {} : { fields }),
    debounce,
    key,
    priority: fromJobPriority(priority),
    maxAttempts: attempts,
    retryStrategy,
    createdAtMs: nowMs,
    dueAtMs: delay === 0 ? undefined : (options.timestamp ?? nowMs) + delay,
  };
};
