import { ok, type Result } from 'neverthrow';
import { type TaskRecord, UNTOLD_ERROR } from '../domain/TaskRecord';
import { type QueuePlace } from '../queue/locateTasks';
import { type LedgerError } from './LedgerError';
import { type AttemptOutcome, type LedgerWriter } from './LedgerWriter';

/** A worker that wrote no name. */
const UNKNOWN_WORKER = 'unknown';

const toEndedOutcome = (record: TaskRecord): AttemptOutcome | undefined => {
  switch (record.status) {
    case 'completed':
      return { kind: 'completed', value: record.value };
    case 'failed':
      return { kind: 'failed', error: record.error ?? UNTOLD_ERROR };
    case 'cancelled':
      return { kind: 'cancelled', reason: record.cancelReason };
    default:
      return undefined;
  }
};

/**
 * Writes down the end of a task that its queue knows and the ledger does not. Answers whether it was written: another process
 * may have done it meanwhile.
 *
 * @param nowMs For a task that does not say when it ended; milliseconds since 1970.
 */
export const writeQueueEnd = async (
  writer: LedgerWriter,
  { record, workerId = UNKNOWN_WORKER }: Extract<QueuePlace, { readonly kind: 'ended' }>,
  nowMs: number,
): Promise<Result<boolean, LedgerError>> => {
  const { id, startedAt, attempt, cancelReason: reason } = record;
  const outcome = toEndedOutcome(record);
  if (outcome === undefined) return ok(false);
  const endedAtMs = record.endedAt?.getTime() ?? nowMs;
  // Whatever the ledger knows: its queue may have gone back in time, and had it waiting when it was cancelled.
  if (startedAt === undefined && outcome.kind === 'cancelled')
    return writer.cancel(id, { reason, nowMs: endedAtMs, isIdle: true });
  const answer = await writer.end({
    id,
    attempt,
    workerId,
    hasBegun: startedAt !== undefined && attempt > 0,
    startedAtMs: startedAt?.getTime() ?? endedAtMs,
    endedAtMs,
    outcome,
  });
  return answer.map(({ kind }) => kind === 'recorded');
};
