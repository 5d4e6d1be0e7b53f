import { silentLogger } from '@backend/logger/silentLogger';
import { err, ok, type Result } from 'neverthrow';
import { createRedisConnection } from './RedisConnection';

/**
 * Finds out whether a Redis answers and lets us in, for a program that must not wait for one.
 *
 * @param deadlineMs Milliseconds it may take. Default: 2500.
 * @returns in words what was expected and what was got.
 */
export const checkRedis = async (redisUrl: string, deadlineMs = 2500): Promise<Result<void, Error>> => {
  const connection = createRedisConnection({ redisUrl, role: 'producer', logger: silentLogger });
  try {
    // A connection is ready when Redis has answered its first questions.
    const ready = await connection.ready(deadlineMs);
    if (ready.isErr()) return err(toError(ready.error.message));
    await ready.value.ping();
    return ok();
  } catch (error) {
    return err(toError(error instanceof Error ? error.message : String(error)));
  } finally {
    connection.close();
  }
};

const toError = (reason: string): Error =>
  new Error(
    `expected a Redis at REDIS_URL (redis://host:port), got "${reason}": start it or unset REDIS_URL`,
  );
