import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { showValue } from '../domain/numberRule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { isTaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskRegistry } from '../domain/TaskRegistry';
import { type TaskLedger } from '../ledger/TaskLedger';
import { toFailureOf } from '../ledger/toFailureOf';
import { type QueueAccess } from '../queue/QueueAccess';
import { readTaskRecord } from '../queue/TaskRecordReader';
import { InspectorError } from './InspectorError';

/** What the methods of an inspector share. */
export interface InspectorParts {
  readonly registry: TaskRegistry;
  readonly access: QueueAccess;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  /** Absent when it is off. */
  readonly ledger: TaskLedger | undefined;
}

/** Attempts of a task that does not say. */
export const maxAttemptsOf = (
  { options }: Pick<TaskDefinition<unknown>, 'options'>,
  { taskMaxAttempts }: AppConfig,
): number => options.maxAttempts ?? taskMaxAttempts;

/** Finds a task in the queues of all definitions; `undefined` when none holds it. */
export const findTask = async (
  { registry, access, appConfig }: InspectorParts,
  id: string,
): Promise<Result<TaskRecord | undefined, InspectorError>> => {
  const found = await access.run((queues, { client }) =>
    Promise.all(
      registry.tasks.map((task) =>
        readTaskRecord(
          { client, queue: queues.get(task.queueName), maxAttempts: maxAttemptsOf(task, appConfig) },
          id,
        ),
      ),
    ),
  );
  return found.map((records) => records.find((record) => record !== undefined)).mapErr(toInspectorFailure);
};

/** Checks an id: any text that is not empty, since the queues may hold jobs of other programs too. */
export const checkTaskId = (id: unknown): Result<void, InspectorError> =>
  typeof id === 'string' && id !== ''
    ? ok()
    : err(new InspectorError(`expected id to be a task id, got ${showValue(id)}`, { code: 'invalid-query' }));

/** Finds a task as `findTask` does; `not-found` when no queue holds it, `invalid-query` for what can be no id. */
export const requireTask = async (
  parts: InspectorParts,
  id: string,
): Promise<Result<TaskRecord, InspectorError>> => {
  const checked = checkTaskId(id);
  if (checked.isErr()) return err(checked.error);
  return (await findTask(parts, id)).andThen((record) =>
    record === undefined ? err(toNotFound(id)) : ok(record),
  );
};

/** The error for an id that no queue holds. Of an id that is none of ours the ledger is not asked. */
export const toNotFound = (
  id: unknown,
  { ledger }: Partial<Pick<InspectorParts, 'ledger'>> = {},
): InspectorError => {
  const others = ledger !== undefined && isTaskId(id) ? ', nor does the ledger know it' : '';
  return new InspectorError(`no registered queue holds the task ${showValue(id)}${others}`, {
    code: 'not-found',
  });
};

/** The error for a ledger or a Redis that is silent or refuses, a call that failed, or tasks that are switched off. */
export const toInspectorFailure = toFailureOf(InspectorError);

/** The error for what only a ledger knows, where there is none. */
export const toLedgerDisabled = (wanted: string): InspectorError =>
  new InspectorError(`${wanted} needs the ledger, and LEDGER_URL is off`, { code: 'ledger-disabled' });
