import { err, ok, type Result } from 'neverthrow';
import { retryTask, type TaskRetry } from '../ledger/retryTask';
import { type FailedTask } from '../queue/FailedTasks';
import { type DeadLetterError, toLetterFailure } from './DeadLetterError';
import { type LetterContext } from './LetterContext';
import { type LetterRetryAllOptions } from './LetterQuery';
import { createOldestLetters } from './OldestLetters';

/** What `retryAll` did. */
export interface RetriedLetters {
  /** Tasks that were put on the queue. */
  readonly retriedCount: number;
  /** Letters that another task does again already, or that were deleted meanwhile. */
  readonly skippedCount: number;
}

/** Letters that are retried at the same time. */
const CHUNK = 50;

/**
 * Retries the letters of a time, the oldest first, a part at a time. A task that was made here and fails meanwhile is no
 * letter of this call, whatever the clock of its worker says: the call ends.
 *
 * @param nowMs Milliseconds since 1970: letters that fail later are left for another call.
 */
export const retryLetters = async (
  context: LetterContext,
  options: LetterRetryAllOptions,
  nowMs: number,
): Promise<Result<RetriedLetters, DeadLetterError>> => {
  const { limit = Number.POSITIVE_INFINITY, steps = 'keep' } = options;
  const letters = createOldestLetters({ ...context, ...toRange(options, nowMs) });
  const madeIds = new Set<string>();
  let skippedCount = 0;
  const progress = (): RetriedLetters => ({ retriedCount: madeIds.size, skippedCount });
  while (madeIds.size < limit) {
    const part = await letters.take(Math.min(CHUNK, limit - madeIds.size));
    if (part.isErr()) return err(toLetterFailure(part.error, { ...progress() }));
    if (part.value.length === 0) break;
    const others = part.value.filter(({ id }) => !madeIds.has(id));
    const answers = await Promise.all(
      others.map((letter) => retryLetter(context, letter, { keepsSteps: steps === 'keep' })),
    );
    for (const answer of answers) {
      if (answer.isOk() && answer.value.kind === 'retried') madeIds.add(answer.value.id);
      else if (answer.isOk()) skippedCount += 1;
    }
    const failed = answers.find((answer) => answer.isErr());
    if (failed?.isErr()) return err(toLetterFailure(failed.error, { ...progress() }));
  }
  return ok(progress());
};

const toRange = ({ failedAfter, failedBefore }: LetterRetryAllOptions, nowMs: number) => ({
  fromMs: failedAfter?.getTime() ?? 0,
  toMs: Math.min(nowMs, failedBefore === undefined ? nowMs : failedBefore.getTime() - 1),
});

const retryLetter = async (
  { access, logger, appConfig, tasks }: LetterContext,
  { id, taskName }: FailedTask,
  { keepsSteps }: { readonly keepsSteps: boolean },
): Promise<Result<TaskRetry, Error>> => {
  const task = tasks.find(({ queueName }) => queueName === taskName);
  return task === undefined
    ? ok({ kind: 'absent' })
    : retryTask({ access, logger, appConfig, task, id, keepsSteps });
};
