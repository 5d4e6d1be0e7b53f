import { type LedgerError } from './LedgerError';
import { type LedgerWriter } from './LedgerWriter';
import { type LocatedTasks, type NamedTask } from './walkPlaces';
import { writeQueueEnd } from './writeQueueEnd';

/** A task whose end could not be written. */
export interface LeftTask {
  readonly task: NamedTask;
  readonly error: LedgerError;
}

interface WrittenEnds {
  readonly endedCount: number;
  readonly left: readonly LeftTask[];
}

/**
 * Writes down those of the tasks that have ended on their queue. An end that cannot be written stands in the way of no other one.
 *
 * @param nowMs For tasks that do not say when they ended; milliseconds since 1970.
 */
export const writeQueueEnds = async (
  writer: LedgerWriter,
  { tasks, places }: LocatedTasks,
  nowMs: number,
): Promise<WrittenEnds> => {
  const answers = await Promise.all(
    tasks.map(async (task, index) => {
      const place = places[index];
      return place?.kind === 'ended' ? { task, written: await writeQueueEnd(writer, place, nowMs) } : [];
    }),
  );
  const ended = answers.flat();
  return {
    endedCount: ended.filter(({ written }) => written.unwrapOr(false)).length,
    left: ended.flatMap(({ task, written }) => (written.isErr() ? [{ task, error: written.error }] : [])),
  };
};
