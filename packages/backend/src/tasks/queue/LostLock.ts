/** BullMQ's codes for "this job is no longer yours": it is gone, its lock is gone, or another worker holds it. */
const LOST_LOCK_CODES: readonly unknown[] = [-1, -2, -3, -6];

/** Its code for a lock that is gone: nobody holds the job. */
const LAPSED_LOCK_CODE = -2;

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** Another worker has the job, or it was put back: its lock could not be renewed. */
export class LostLockError extends Error {
  override readonly name = 'LostLockError';

  constructor(jobId: string) {
    super(`the lock of job ${jobId} was lost`);
  }
}

/** Says whether an error means that a run came too late: another worker has the task, or it is settled. */
export const isLostLock = (error: Error): boolean =>
  error instanceof LostLockError || LOST_LOCK_CODES.includes(codeOf(error));

/** Says whether a run is late, but nobody has taken its task yet. */
export const isLapsedLock = (error: unknown): boolean => codeOf(error) === LAPSED_LOCK_CODE;

/** BullMQ's words for a lock that it could not renew; it tells the same in an event of its own. */
export const isFailedRenewal = (error: Error): boolean => error.message.startsWith('could not renew lock');
