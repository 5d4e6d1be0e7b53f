import { type TaskId } from '../../domain/TaskId';
import { type LedgerOutbox, type TakenBack } from '../LedgerOutbox';
import { toOldTimes } from '../OldTimes';

/** All times are old. */
export const EVER = toOldTimes(0, 0);

/** All unfinished tasks that were put on a queue. */
export const EVERY_TASK = { limit: 10_000, touched: EVER, runningSinceMs: 0 };

/** Writes of tasks, as they are now, that they are on no queue any more. */
export const takeBack = async (
  outbox: Pick<LedgerOutbox, 'listPublished' | 'unpublish'>,
  ...ids: readonly TaskId[]
): Promise<TakenBack> => {
  const listed = (await outbox.listPublished(EVERY_TASK))._unsafeUnwrap();
  return (await outbox.unpublish(listed.filter(({ id }) => ids.includes(id))))._unsafeUnwrap();
};
