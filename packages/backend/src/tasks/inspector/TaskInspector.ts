import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { createQueueAccess } from '../queue/QueueAccess';
import { type TaskQueues } from '../queue/TaskQueues';
import { countTasks, readTaskRecord, type TaskCounts } from '../queue/TaskRecordReader';
import { InspectorError } from './InspectorError';

/** Reads what is waiting, running and finished. Reading changes nothing. */
export interface TaskInspector {
  /** Finds a task of any registered definition. Errors: `not-found`, `queue-unavailable`. */
  getTask(id: TaskId): Promise<Result<TaskRecord, InspectorError>>;
  /** Counts the tasks of one definition. Errors: `unknown-task`, `queue-unavailable`. */
  getQueueDepth(taskName: string): Promise<Result<TaskCounts, InspectorError>>;
}

/** What an inspector is made of. */
export interface TaskInspectorOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Creates an inspector on the connection that the schedulers of the process share.
 *
 * @throws TaskRegistryError when the list of tasks is wrong.
 */
export const createTaskInspector = (options: TaskInspectorOptions): TaskInspector => {
  const registry = createTaskRegistry(options.tasks);
  const { appConfig } = options;
  const access = createQueueAccess(options);
  const read = async <T>(command: (queues: TaskQueues) => Promise<T>): Promise<Result<T, InspectorError>> =>
    (await access.run(command)).mapErr(toUnavailable);
  return {
    getTask: async (id) => {
      const found = await read((queues) => findTask(queues, { tasks: registry.tasks, appConfig, id }));
      return found.andThen((record) =>
        record === undefined
          ? err(new InspectorError(`no registered queue holds the task ${JSON.stringify(id)}`, 'not-found'))
          : ok(record),
      );
    },
    getQueueDepth: async (taskName) => {
      const task = registry.get(taskName);
      if (task.isErr()) return err(new InspectorError(task.error.message, 'unknown-task'));
      return read((queues) => countTasks(queues.get(taskName)));
    },
  };
};

const findTask = async (
  queues: TaskQueues,
  { tasks, appConfig, id }: Omit<TaskInspectorOptions, 'logger'> & { readonly id: TaskId },
): Promise<TaskRecord | undefined> => {
  const records = await Promise.all(
    tasks.map(({ queueName, options: { maxAttempts = appConfig.taskMaxAttempts } }) =>
      readTaskRecord({ queue: queues.get(queueName), id, maxAttempts }),
    ),
  );
  return records.find((record) => record !== undefined);
};

const toUnavailable = (error: Error): InspectorError =>
  new InspectorError(`Redis does not answer: ${error.message}`, 'queue-unavailable', { cause: error });
