import { type RunningAttempt } from '../ledger/LedgerWriter';
import { type Attempt } from './Attempt';

/**
 * Says of an attempt what the ledger notes while it runs.
 *
 * @param attempt 1-based number of the attempt.
 */
export const toRunningAttempt = (
  { delivery: { taskId: id }, startedAt, environment: { workerId } }: Attempt,
  attempt: number,
): RunningAttempt => ({ id, attempt, workerId, startedAtMs: startedAt.getTime() });
