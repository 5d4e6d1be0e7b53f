import { ok, type Result } from 'neverthrow';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { isTaskId } from '../domain/TaskId';
import { type TaskStatus } from '../domain/TaskStatus';
import { type TaskPlace } from '../queue/findRetriable';
import { type QueueAccess } from '../queue/QueueAccess';
import { restoreEnded } from './restoreEnded';
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
  readonly statuses: readonly (TaskStatus & ('failed' | 'cancelled'))[];
}

/**
 * Looks in the ledger for a task that no queue holds, and puts it back among the failed or cancelled ones of its queue, for a
 * retry: with the task that does it again already, if one does.
 *
 * @returns Where it is now, or was when it ended otherwise; `undefined` for one that nobody knows, or whose name has no
 *   definition. Errors: a `LedgerError`, or those of `access`.
 */
export const recallEnded = async ({
  access,
  ledger,
  tasks,
  id,
  statuses,
}: RecallRequest): Promise<Result<TaskPlace | undefined, Error>> => {
  if (ledger === undefined || !isTaskId(id)) return ok(undefined);
  const found = await ledger.history.find(id);
  if (found.isErr()) return found.map(() => undefined);
  const record = found.value;
  const task = tasks.find(({ queueName }) => queueName === record?.name);
  if (record === undefined || task === undefined) return ok(undefined);
  const place: TaskPlace = { task, status: record.status };
  if (!statuses.some((status) => status === record.status)) return ok(place);
  const entry = await ledger.history.findEntry(id);
  if (entry.isErr()) return entry.map(() => undefined);
  const kept = entry.value;
  if (kept === undefined) return ok(undefined);
  const restored = await access.run((queues, { client }) =>
    restoreEnded({ client, queues }, { record, entry: kept }, Date.now()),
  );
  return restored.map(() => place);
};
