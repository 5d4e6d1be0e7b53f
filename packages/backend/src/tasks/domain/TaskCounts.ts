/**
 * Tasks by status. Those that wait for another attempt are not counted apart: Redis keeps no number of them. They are
 * in `scheduled` until their wait is over, and in `pending` from then on.
 */
export type TaskCounts = Readonly<
  Record<'pending' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled', number>
>;

/** Adds counts up, status by status. */
export const sumTaskCounts = (counts: readonly TaskCounts[]): TaskCounts => {
  const sumOf = (status: keyof TaskCounts): number =>
    counts.reduce((sum, { [status]: count }) => sum + count, 0);
  return {
    pending: sumOf('pending'),
    scheduled: sumOf('scheduled'),
    running: sumOf('running'),
    completed: sumOf('completed'),
    failed: sumOf('failed'),
    cancelled: sumOf('cancelled'),
  };
};
