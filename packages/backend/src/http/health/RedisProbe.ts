import { settleWithin } from '@backend/deadline/settleWithin';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { err, type Result } from 'neverthrow';

/** Redis does not answer; the message says why. */
export class RedisProbeError extends Error {
  override readonly name = 'RedisProbeError';
}

/** Finds out within `deadlineMs` milliseconds whether Redis answers `PING`; a connection that is there may be dead. */
export const probeRedis = async (
  connection: RedisConnection,
  deadlineMs: number,
): Promise<Result<RedisClient, RedisProbeError>> => {
  const endsAtMs = performance.now() + deadlineMs;
  const ready = await connection.ready(deadlineMs);
  if (ready.isErr()) return err(toProbeError(ready.error));
  const answered = await settleWithin(ready.value.ping(), Math.max(0, endsAtMs - performance.now()));
  return answered.map(() => ready.value).mapErr(toProbeError);
};

const toProbeError = (cause: Error): RedisProbeError =>
  new RedisProbeError(`Redis is not reachable: ${cause.message}`, { cause });
