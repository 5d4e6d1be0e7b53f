/** The names under which the container keeps what has no class of its own. */
export const tokens = Object.freeze({
  scheduler: Symbol('TaskScheduler'),
  serviceContext: Symbol('ServiceContext'),
  usersRepository: Symbol('UsersRepository'),
  secretsRepository: Symbol('SecretsRepository'),
  /** Optional: what runs around the writes of users. */
  usersHooks: Symbol('UsersHooks'),
  /** Optional: what runs around the writes of secrets. */
  secretsHooks: Symbol('SecretsHooks'),
});
