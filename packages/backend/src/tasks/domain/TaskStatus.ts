/**
 * Every status a task can have, in the order of its life. `failed` is a dead letter: no attempt is left.
 */
export const TASK_STATUSES = [
  'pending',
  'scheduled',
  'running',
  'retrying',
  'completed',
  'failed',
  'cancelled',
] as const;

/** Where a task is now. */
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Says whether a task has ended: its status never changes again. */
export const isTerminalStatus = (status: TaskStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';
