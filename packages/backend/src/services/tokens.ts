/** The names under which the container keeps what has no class of its own. */
export const tokens = Object.freeze({
  appConfig: Symbol('AppConfig'),
  logger: Symbol('ILogger'),
  scheduler: Symbol('TaskScheduler'),
  mailer: Symbol('Mailer'),
  serviceContext: Symbol('ServiceContext'),
  usersRepository: Symbol('UsersRepository'),
  secretsRepository: Symbol('SecretsRepository'),
});
