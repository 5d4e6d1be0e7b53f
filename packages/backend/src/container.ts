import 'reflect-metadata';
import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { container, type DependencyContainer, instanceCachingFactory } from 'tsyringe';
import { type Mailer } from './mail/Mailer';
import { sharedMailer } from './mail/sharedMailer';
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
  /** Default: the process's mailer for this configuration. */
  readonly mailer?: Mailer;
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
  mailer,
}: ContainerOptions): DependencyContainer => {
  const context: ServiceContext = { logger, appConfig: () => appConfig, scheduler };
  const child = container.createChildContainer();
  child.registerInstance(tokens.appConfig, appConfig);
  child.registerInstance(tokens.logger, logger);
  child.registerInstance(tokens.scheduler, scheduler);
  child.registerInstance(tokens.serviceContext, context);
  child.registerInstance(tokens.usersRepository, createUsersRepository());
  child.registerInstance(tokens.secretsRepository, createSecretsRepository(secretsDirectory(appConfig)));
  child.register(tokens.mailer, {
    useFactory: instanceCachingFactory(() => mailer ?? sharedMailer(appConfig)),
  });
  return child;
};
