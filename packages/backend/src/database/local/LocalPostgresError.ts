/**
 * Why no local Postgres runs.
 *
 * - `no-server`: nothing to run was found or could be installed; the message lists what was tried and the choices.
 * - `start-failed`: a server was found but did not come up; the message ends with what it said last.
 */
export type LocalPostgresErrorCode = 'no-server' | 'start-failed';

/** A Postgres for tests could not be had. The message is meant to be shown as it is. */
export class LocalPostgresError extends Error {
  override readonly name = 'LocalPostgresError';

  constructor(
    readonly code: LocalPostgresErrorCode,
    message: string,
  ) {
    super(message);
  }
}
