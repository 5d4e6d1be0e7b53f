/**
 * Why no local Redis runs.
 *
 * - `no-server`: nothing to run was found or could be installed; the message lists what was tried and the choices.
 * - `start-failed`: a server was found but did not come up; the message ends with its last log lines.
 * - `data-dir`: the data folder cannot be made or written; the message says why.
 * - `folder-in-use`: a server with other settings already serves the data folder; stop it or name another folder.
 */
export type LocalRedisErrorCode = 'no-server' | 'start-failed' | 'folder-in-use' | 'data-dir';

/** A local Redis for development or tests could not be had. The message is meant to be shown as it is. */
export class LocalRedisError extends Error {
  override readonly name = 'LocalRedisError';

  constructor(
    readonly code: LocalRedisErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
