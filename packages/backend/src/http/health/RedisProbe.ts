import { type RedisClient } from '@backend/redis/createRedisClient';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';

/** Redis does not answer; the message says what was tried last. */
export class RedisProbeError extends Error {
  override readonly name = 'RedisProbeError';
}

/**
 * Waits for a promise, but not for ever.
 *
 * @returns `err` with the promise's error, or after `deadlineMs` milliseconds.
 */
export const settleWithin = async <T>(
  promise: Promise<T>,
  deadlineMs: number,
): Promise<Result<T, RedisProbeError>> => {
  const { promise: timeUp, resolve } = Promise.withResolvers<Result<T, RedisProbeError>>();
  const late = new RedisProbeError(`no answer within ${Math.round(deadlineMs)} ms`);
  const timer = setTimeout(() => resolve(err(late)), deadlineMs);
  const settled = promise.then(
    (value) => ok(value),
    (thrown: unknown) => err(new RedisProbeError(describeUnknown(thrown), { cause: thrown })),
  );
  const first = await Promise.race([settled, timeUp]);
  clearTimeout(timer);
  return first;
};

/** Finds out within `deadlineMs` milliseconds whether Redis answers `PING`; a connection that is there may be dead. */
export const probeRedis = async (
  connection: RedisConnection,
  deadlineMs: number,
): Promise<Result<RedisClient, RedisProbeError>> => {
  const endsAtMs = performance.now() + deadlineMs;
  const ready = await connection.ready(deadlineMs);
  if (ready.isErr())
    return err(new RedisProbeError(`Redis is not reachable: ${ready.error.message}`, { cause: ready.error }));
  const answered = await settleWithin(ready.value.ping(), Math.max(0, endsAtMs - performance.now()));
  return answered
    .map(() => ready.value)
    .mapErr(({ message, cause }) => new RedisProbeError(`Redis is not reachable: ${message}`, { cause }));
};
