import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type DependencyContainer } from 'tsyringe';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type ResourceDefinition } from '../resources/ResourceDefinition';

/** What a worker is made of. */
export interface TaskWorkerOptions {
  /** The registry: `tasks` of `tasks.config.ts`. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  /** Names the worker in logs and on the board. Default: host, process id and a random part. */
  readonly id?: string;
  /** Tasks at the same time, of all names. Default: `WORKER_CONCURRENCY`. */
  readonly concurrency?: number;
  /**
   * Milliseconds of waiting that count as one step of priority when tasks of several names wait for a slot, so that those
   * of a low priority get one at last; 0: priority alone decides. Default: `WORKER_PRIORITY_AGING_MS` (0).
   */
  readonly priorityAgingMs?: number;
  /** Takes only these tasks. Default: all. */
  readonly taskNames?: readonly string[];
  /** Milliseconds. Default: `WORKER_DRAIN_TIMEOUT_MS`. */
  readonly drainTimeoutMs?: number;
  /**
   * Shared resources of the handlers, started before the first task is taken and stopped after the last has ended: all of
   * them, or with `taskNames` what these tasks need. Workers of a process share those that they have in common. Default: none.
   */
  readonly resources?: readonly ResourceDefinition[];
  /** A tsyringe container in which handlers find what is no resource. Default: none. */
  readonly container?: DependencyContainer;
  /**
   * URL or absolute path of a module that exports `tasks`, the list above, and `resources`. Needed when a task is isolated: its
   * process finds the definition there, by its name, and what that declares. Importing the module must have no effect.
   */
  readonly tasksModule?: string | URL;
}
