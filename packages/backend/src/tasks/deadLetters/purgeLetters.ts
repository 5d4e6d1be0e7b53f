import { err, ok, type Result } from 'neverthrow';
import { purgeFailed } from '../queue/FailedTasks';
import { TRIM_LIMIT } from '../queue/trimFinished';
import { type DeadLetterError, toLetterFailure } from './DeadLetterError';
import { type LetterContext, toFailedTasksQueries } from './LetterContext';

/**
 * Deletes the letters that failed then or before, a part of each queue at a time.
 *
 * @param failedByMs Milliseconds since 1970.
 */
export const purgeLetters = async (
  context: LetterContext,
  failedByMs: number,
): Promise<Result<number, DeadLetterError>> => {
  let purgedCount = 0;
  for (;;) {
    const purged = await context.access.run((_queues, { client }) =>
      Promise.all(toFailedTasksQueries(context, client).map((query) => purgeFailed(query, failedByMs))),
    );
    if (purged.isErr()) return err(toLetterFailure(purged.error, { purgedCount }));
    purgedCount += purged.value.reduce((sum, count) => sum + count, 0);
    if (purged.value.every((count) => count < TRIM_LIMIT)) return ok(purgedCount);
  }
};
