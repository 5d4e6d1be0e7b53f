import { type CancelError } from '@backend/tasks/domain/CancelError';
import { type ChangedTask } from '@backend/tasks/ledger/TaskCancellation';
import { type Err, type Result } from 'neverthrow';
import { BoardRefusal } from './BoardRefusal';
import { type RequestLimit } from './RequestLimit';

/** Tasks that one request cancels, at most. */
export const MAX_CANCELLED = 10_000;

/** Tasks that are cancelled at the same time: many share a write of the ledger, and few enough have their payloads in memory. */
const CHUNK = 200;

interface ManyTasks {
  /** The first `MAX_CANCELLED` of them are cancelled. */
  readonly ids: readonly string[];
  /** Tasks besides, which were not even listed. Default: 0. */
  readonly unlistedCount?: number;
  cancel(id: string): Promise<Result<ChangedTask, CancelError>>;
  /** Told of the tasks of a part, without those passed over, before the next part. Rejects to end it all. Default: nothing. */
  onCancelled?(tasks: readonly ChangedTask[]): Promise<void>;
  readonly limit: RequestLimit;
}

/**
 * Cancels tasks, a part at a time. Those that have ended, or are gone, are passed over.
 *
 * @throws BoardRefusal that says how many are left, and why: one could not be cancelled, there are too many for one request, or
 *   its limit is reached.
 */
export const cancelMany = async ({
  ids,
  unlistedCount = 0,
  cancel,
  onCancelled = async () => undefined,
  limit,
}: ManyTasks): Promise<void> => {
  const count = Math.min(ids.length, MAX_CANCELLED);
  let doneCount = 0;
  const refuse = (why: string, cause?: unknown): never => {
    const leftCount = ids.length + unlistedCount - doneCount;
    const counts = `${toNumber(doneCount)} tasks are done, ${toNumber(leftCount)} are left`;
    throw new BoardRefusal(`${why}; ${counts}: call again`, { cause });
  };
  for (let start = 0; start < count; start += CHUNK) {
    const end = limit.reached();
    if (end !== undefined) refuse(end);
    const chunk = ids.slice(start, Math.min(start + CHUNK, count));
    const answers = await Promise.all(chunk.map((id) => cancel(id)));
    const changed = answers.flatMap((answer) => (answer.isOk() ? [answer.value] : []));
    const failures = answers.flatMap((answer) => (isFailure(answer) ? [answer.error] : []));
    doneCount += answers.length - failures.length;
    const [failure] = failures;
    if (failure !== undefined) refuse(failure.message, failure);
    await onCancelled(changed);
  }
  if (ids.length + unlistedCount > count)
    refuse(`one request cancels ${toNumber(MAX_CANCELLED)} tasks at most`);
};

/** Grouped, as 10,000: these are read by people. */
const toNumber = (count: number): string => count.toLocaleString('en-GB');

const isFailure = (answer: Result<ChangedTask, CancelError>): answer is Err<ChangedTask, CancelError> =>
  answer.isErr() && answer.error.code !== 'not-cancellable' && answer.error.code !== 'not-found';
