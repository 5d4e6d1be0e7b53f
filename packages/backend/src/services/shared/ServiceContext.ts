import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createTaskScheduler, type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';

/** What every service is given besides its repository. */
export interface ServiceContext {
  readonly logger: ILogger;
  /** Read when it is needed, so that a service can be built before the configuration is. */
  appConfig(): AppConfig;
  /** Default: one made of the logger and the configuration. */
  readonly scheduler?: TaskScheduler;
}

/** The scheduler of a context: the given one, or a new one, which is free. */
export const schedulerOf = ({ logger, appConfig, scheduler }: ServiceContext): TaskScheduler =>
  scheduler ?? createTaskScheduler({ logger, appConfig: appConfig() });
