/** BullMQ's codes for "this job is no longer yours": it is gone, its lock is gone, or another worker holds it. */
const LOST_LOCK_CODES: readonly unknown[] = [-1, -2, -3, -6];

/** Says whether an error means that a run came too late: another worker has the task, or it is settled. */
export const isLostLock = (error: Error): boolean =>
  ('code' in error && LOST_LOCK_CODES.includes(error.code)) ||
  error.message.startsWith('could not renew lock');
