import { type LocatedTasks } from '../walkPlaces';
import { writeQueueEnds } from '../writeQueueEnds';
import { type Recovery } from './Recovery';

/** Writes down those of the tasks that have ended on their queue; leaves those of which the end cannot be written. */
export const writeEnds = async (
  { ledger, isDryRun, tally, now }: Recovery,
  located: LocatedTasks,
): Promise<void> => {
  const { taskName, places } = located;
  if (isDryRun)
    return tally.add(taskName, { endedCount: places.filter(({ kind }) => kind === 'ended').length });
  const { endedCount, left } = await writeQueueEnds(ledger.writer, located, now());
  tally.add(taskName, { endedCount });
  for (const { task, error } of left) tally.leave(task, error.message);
};
