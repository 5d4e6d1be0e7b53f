import { settleWithin } from '@backend/deadline/settleWithin';
import { type Result } from 'neverthrow';
import { type TaskName } from '../domain/TaskEnd';
import { isTaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type QueueAccess } from '../queue/QueueAccess';
import { failedAtMsOf } from '../queue/StoredFailure';
import { readStoredTasks } from '../queue/StoredTask';
import { parseJson } from '../queue/TaskRecordReader';
import { isPutBack } from './isPutBack';
import { type LedgerEnding } from './Standing';
import { type TaskCancellation } from './TaskCancellation';
import { type TaskLedger } from './TaskLedger';

/** What cannot change any more of a task that its queue may show as one that waits. */
export type KeptEnd =
  /** It has not ended as far as is known. */
  | { readonly kind: 'open' }
  /** It has failed in the ledger, and somebody has put it back on its queue since. */
  | { readonly kind: 'put-back' }
  /** It has failed in the ledger, and its queue did not say whether somebody has put it back. */
  | { readonly kind: 'unknown'; readonly error: Error }
  | { readonly kind: 'cancelled'; readonly reason?: string }
  /** It has completed, or failed. */
  | { readonly kind: 'final'; readonly record: TaskRecord };

/** How long a ledger that is not required may take: a worker may take the task meanwhile. Milliseconds. */
const LOOK_MS = 250;

/**
 * Reads how a task of this name has ended in the ledger: a Redis that went back in time has it once more. A ledger that does not
 * answer says nothing; one that is not required has a moment only.
 */
export const readKeptEnd = async ({
  access,
  ledger,
  ledgerRequired,
  taskName,
  id,
}: TaskCancellation): Promise<KeptEnd> => {
  if (ledger === undefined || !isTaskId(id)) return { kind: 'open' };
  const looking = findEnded(ledger, { taskName, id });
  const found = ledgerRequired ? await looking : (await settleWithin(looking, LOOK_MS)).unwrapOr(undefined);
  if (found === undefined) return { kind: 'open' };
  const { ending, record } = found;
  switch (ending.kind) {
    case 'completed':
      return { kind: 'final', record };
    case 'cancelled':
      return ending;
    case 'failed': {
      const isBack = await isFoundBack(access, { taskName, id, ending });
      if (isBack.isErr()) return { kind: 'unknown', error: isBack.error };
      return isBack.value ? { kind: 'put-back' } : { kind: 'final', record };
    }
  }
};

interface Ended {
  readonly ending: LedgerEnding;
  readonly record: TaskRecord;
}

const findEnded = async (
  { writer, history }: TaskLedger,
  { taskName, id }: TaskName,
): Promise<Ended | undefined> => {
  const standing = (await writer.standing(id)).unwrapOr(undefined);
  if (standing?.kind !== 'ended') return undefined;
  const record = (await history.find(id)).unwrapOr(undefined);
  return record?.name === taskName ? { ending: standing.ending, record } : undefined;
};

interface Failed extends TaskName {
  readonly ending: LedgerEnding & { readonly kind: 'failed' };
}

const isFoundBack = (
  access: QueueAccess,
  { taskName, id, ending }: Failed,
): Promise<Result<boolean, Error>> =>
  access.run(async (queues, { client }) => {
    const [task] = await readStoredTasks({ client, queue: queues.get(taskName), ids: [id] });
    if (task === undefined || task.set === 'failed') return false;
    const stacks = parseJson(task.fields.stacktrace ?? '[]', []);
    const last: unknown = Array.isArray(stacks) ? stacks.at(-1) : undefined;
    return isPutBack(ending, typeof last === 'string' ? failedAtMsOf(last) : undefined);
  });
