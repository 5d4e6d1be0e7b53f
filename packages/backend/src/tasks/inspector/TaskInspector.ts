import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type Result } from 'neverthrow';
import { type TaskCounts } from '../domain/TaskCounts';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { createQueueAccess } from '../queue/QueueAccess';
import { type InspectorError } from './InspectorError';
import { type InspectorParts, requireTask } from './InspectorParts';
import { readQueueDepth } from './readQueueDepth';

/** Reads what is waiting, running and finished. Reading changes nothing. */
export interface TaskInspector {
  /** Finds a task of any registered definition. Errors: `not-found`, `queue-unavailable`. */
  getTask(id: TaskId): Promise<Result<TaskRecord, InspectorError>>;
  /** Counts the tasks of one definition, or of all. Errors: `unknown-task`, `queue-unavailable`. */
  getQueueDepth(taskName?: string): Promise<Result<TaskCounts, InspectorError>>;
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
  const { logger, appConfig } = options;
  const parts: InspectorParts = {
    registry: createTaskRegistry(options.tasks),
    access: createQueueAccess(options),
    logger,
    appConfig,
  };
  return {
    getTask: (id) => requireTask(parts, id),
    getQueueDepth: (taskName) => readQueueDepth(parts, taskName),
  };
};
