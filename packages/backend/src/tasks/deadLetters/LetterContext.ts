import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type FailedTasksQuery } from '../queue/FailedTasks';
import { type QueueAccess } from '../queue/QueueAccess';

/** What every operation on dead letters works with. */
export interface LetterContext {
  readonly access: QueueAccess;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  /** The definitions whose letters are meant: one, or all. */
  readonly tasks: readonly TaskDefinition<unknown>[];
}

/** One query for the queue of each task. */
export const toFailedTasksQueries = (
  { tasks, appConfig }: LetterContext,
  client: FailedTasksQuery['client'],
): readonly FailedTasksQuery[] =>
  tasks.map(({ queueName }) => ({ client, prefix: appConfig.queuePrefix, taskName: queueName }));
