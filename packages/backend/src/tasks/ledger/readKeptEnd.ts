import { type Result } from 'neverthrow';
import { isTaskId, type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type QueueAccess } from '../queue/QueueAccess';
import { failedAtMsOf } from '../queue/StoredFailure';
import { readStoredTasks } from '../queue/StoredTask';
import { parseJson } from '../queue/TaskRecordReader';
import { isPutBack } from './isPutBack';
import { type LedgerEnding } from './Standing';
import { type TaskLedger } from './TaskLedger';

/** What cannot change any more of a task that its queue may show as one that waits. */
export type KeptEnd =
  /** It has not ended as far as is known. */
  | { readonly kind: 'open' }
  /** It has failed in the ledger, and somebody has put it back on its queue since. */
  | { readonly kind: 'put-back' }
  | { readonly kind: 'cancelled'; readonly reason?: string }
  /** It has completed, or failed. */
  | { readonly kind: 'final'; readonly record: TaskRecord };

interface KeptEndRead {
  readonly access: QueueAccess;
  /** Absent when it is off. */
  readonly ledger: Pick<TaskLedger, 'writer' | 'history'> | undefined;
  readonly taskName: string;
  readonly id: string;
}

const OPEN: KeptEnd = { kind: 'open' };

/**
 * Reads how a task of this name has ended in the ledger: a Redis that went back in time has it once more. A ledger that does not
 * answer says nothing.
 */
export const readKeptEnd = async ({ access, ledger, taskName, id }: KeptEndRead): Promise<KeptEnd> => {
  if (ledger === undefined || !isTaskId(id)) return OPEN;
  const standing = (await ledger.writer.standing(id)).unwrapOr({ kind: 'absent' } as const);
  if (standing.kind !== 'ended') return OPEN;
  const found = (await ledger.history.find(id)).unwrapOr(undefined);
  if (found?.name !== taskName) return OPEN;
  const { ending } = standing;
  switch (ending.kind) {
    case 'completed':
      return { kind: 'final', record: found };
    case 'cancelled':
      return ending;
    case 'failed': {
      const isBack = await isFoundBack(access, { taskName, id, ending });
      if (isBack.isErr()) return OPEN;
      return isBack.value ? { kind: 'put-back' } : { kind: 'final', record: found };
    }
  }
};

interface Failed {
  readonly taskName: string;
  readonly id: TaskId;
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
