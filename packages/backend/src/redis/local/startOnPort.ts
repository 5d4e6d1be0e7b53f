import { type Result } from 'neverthrow';
import { findFreePort, isFreePort } from './findFreePort';
import { type LocalRedisError } from './LocalRedisError';
import { launchRedis, type RedisProcess } from './RedisProcess';
import { type RedisServer } from './RedisServer';

const PORT_ATTEMPT_COUNT = 5;

/** A server to start, and how. */
export interface RedisStart {
  readonly server: RedisServer;
  readonly folder: string;
  readonly options: readonly string[];
  /** Undefined: the preferred one, or a free one. */
  readonly port: number | undefined;
  /** Taken when it is free. */
  readonly preferredPort: number | undefined;
  /** True deletes the folder once the server has ended. */
  readonly isEphemeral: boolean;
}

/**
 * Starts a server on the given port, on the preferred one if it is free, or on a free one: a free port that is taken before the server binds it is
 * replaced by another, so runs at the same time never collide.
 */
export const startOnPort = async ({
  server,
  folder,
  options,
  port,
  preferredPort,
  isEphemeral,
}: RedisStart): Promise<Result<RedisProcess, LocalRedisError>> => {
  const launch = async (wanted = port) =>
    launchRedis({
      server,
      settings: { port: wanted ?? (await findFreePort()), folder, options },
      isEphemeral,
    });
  const isPreferred = port === undefined && preferredPort !== undefined && (await isFreePort(preferredPort));
  let started = await launch(isPreferred ? preferredPort : port);
  for (
    let attempt = 2;
    attempt <= PORT_ATTEMPT_COUNT && port === undefined && isPortTaken(started);
    attempt++
  ) {
    started = await launch();
  }
  return started;
};

const isPortTaken = (started: Result<RedisProcess, LocalRedisError>): boolean =>
  started.isErr() && /already in use|already allocated/i.test(started.error.message);
