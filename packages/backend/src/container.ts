import 'reflect-metadata';
import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { container, type DependencyContainer } from 'tsyringe';
import { createSecretsRepository, secretsDirectory } from './services/secrets/secretsRepository';
import { type ServiceContext } from './services/shared/ServiceContext';
import { tokens } from './services/tokens';
import { createUsersRepository } from './services/users/usersRepository';
import { createTaskScheduler, type TaskScheduler } from './tasks/scheduler/TaskScheduler';

/** What a container is filled with. */
export interface ContainerOptions {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** Default: one over the configured Redis. */
  readonly scheduler?: TaskScheduler;
}

/**
 * Creates a container of its own for an entry point or a test: nothing is registered globally, nothing is connected.
 * Services are resolved by their class, the rest by `tokens`.
 *
 * @example
 * const users = createContainer({ appConfig, logger }).resolve(UsersService);
 */
export const createContainer = ({
  appConfig,
  logger,
  scheduler = createTaskScheduler({ logger, appConfig }),
}: ContainerOptions): DependencyContainer => {
  const context: ServiceContext = { logger, appConfig: () => appConfig, scheduler };
  const child = container.createChildContainer();
  child.registerInstance(tokens.scheduler, scheduler);
  child.registerInstance(tokens.serviceContext, context);
  child.registerInstance(tokens.usersRepository, createUsersRepository());
  child.registerInstance(tokens.secretsRepository, createSecretsRepository(secretsDirectory(appConfig)));
  return child;
};
