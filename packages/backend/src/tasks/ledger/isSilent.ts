import { type UnfinishedTask } from './LedgerOutbox';

/**
 * Whether nobody runs a task that no queue has: one that runs has a worker that may live, unless it has been silent for long. One
 * that was touched by a clock that was ahead may be heard of later than it seems.
 *
 * @param runningSinceMs Who was heard of later may live; milliseconds since 1970.
 */
export const isSilent = (
  { status, updatedAtMs }: Pick<UnfinishedTask, 'status' | 'updatedAtMs'>,
  runningSinceMs: number,
): boolean => status !== 'running' || updatedAtMs <= runningSinceMs;
