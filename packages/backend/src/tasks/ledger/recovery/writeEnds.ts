import { err, ok, type Result } from 'neverthrow';
import { type LedgerError } from '../LedgerError';
import { writeQueueEnd } from '../writeQueueEnd';
import { type LocatedTasks, type Recovery } from './Recovery';

/** Writes down those of the tasks that have ended on their queue. */
export const writeEnds = async (
  { ledger, isDryRun, tally, now }: Recovery,
  { taskName, places }: LocatedTasks,
): Promise<Result<void, LedgerError>> => {
  const ended = places.filter((place) => place.kind === 'ended');
  if (isDryRun) {
    tally.add(taskName, { endedCount: ended.length });
    return ok();
  }
  const written = await Promise.all(ended.map((place) => writeQueueEnd(ledger.writer, place, now())));
  tally.add(taskName, { endedCount: written.filter((each) => each.unwrapOr(false)).length });
  const failure = written.find((each) => each.isErr());
  return failure?.isErr() ? err(failure.error) : ok();
};
