import { err, ok, type Result } from 'neverthrow';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { isTaskId, type TaskId } from '../domain/TaskId';
import { type RetriableStatus, type TaskPlace } from '../queue/findRetriable';
import { type QueueAccess } from '../queue/QueueAccess';
import { restoreEnded } from '../queue/restoreEnded';
import { LedgerError } from './LedgerError';
import { type UnreadableTask } from './LedgerOutbox';
import { type TaskLedger } from './TaskLedger';

interface RecallRequest {
  readonly access: QueueAccess;
  /** Absent when it is off. */
  readonly ledger: TaskLedger | undefined;
  /** The definitions whose tasks are meant. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** A task that no queue holds; any text may be asked for. */
  readonly id: string;
  /** With which ones it is put back. */
  readonly statuses: readonly RetriableStatus[];
  /** Whether one is put back too that another task does again already. */
  readonly isForced: boolean;
}

/** Where a task is that no queue held. */
export interface RecalledTask extends TaskPlace {
  /** The task that does it again already, for which it was not put back. */
  readonly retriedAs?: TaskId;
}

/**
 * Looks in the ledger for a task that no queue holds, and puts it back among the failed or cancelled ones of its queue, for a
 * retry. One that was retried already stays where it is, unless it is to be done once more.
 *
 * @returns Where it is now, or was when it ended otherwise; `undefined` for one that nobody knows, or whose name has no
 *   definition. Errors: a `LedgerError`, also for a row that cannot be read, or those of `access`.
 */
export const recallEnded = async ({
  access,
  ledger,
  tasks,
  id,
  statuses,
  isForced,
}: RecallRequest): Promise<Result<RecalledTask | undefined, Error>> => {
  if (ledger === undefined || !isTaskId(id)) return ok(undefined);
  const found = await ledger.history.findKept(id);
  if (found.isErr()) return err(found.error);
  const kept = found.value;
  const task = tasks.find(({ queueName }) => queueName === kept?.record.name);
  if (kept === undefined || task === undefined) return ok(undefined);
  const { record, entry } = kept;
  const place: TaskPlace = { task, status: record.status };
  const status = statuses.find((each) => each === record.status);
  if (status === undefined) return ok(place);
  const { retriedAs } = record;
  if (retriedAs !== undefined && !isForced) return ok({ ...place, retriedAs });
  if (entry.isErr()) return err(toUnreadable(entry.error));
  const ended = { status, record, entry: entry.value };
  const restored = await access.run((queues, { client }) =>
    restoreEnded({ client, queues }, ended, Date.now()),
  );
  return restored.map(() => place);
};

const toUnreadable = ({ id, problem }: UnreadableTask): LedgerError =>
  new LedgerError(`the ledger's row of the task ${id} cannot be read: ${problem}`, {
    code: 'ledger-refused',
  });
