import { type RedisClient } from '@backend/redis/createRedisClient';
import { createPayload } from './contestants/BenchmarkPayload';
import { createPlainJob, createPlainQueue } from './contestants/bullmqContestant';

const CHUNK_SIZE = 1000;

/** Puts tasks on the queue, the same bytes for both sides; no worker runs yet. */
export const preloadTasks = async (client: RedisClient, prefix: string, taskCount: number): Promise<void> => {
  const queue = createPlainQueue(client, prefix);
  const correlationId = Bun.randomUUIDv7();
  for (let start = 0; start < taskCount; start += CHUNK_SIZE) {
    const length = Math.min(CHUNK_SIZE, taskCount - start);
    const jobs = Array.from({ length }, (_, offset) =>
      createPlainJob(createPayload(start + offset), correlationId),
    );
    await queue.addBulk(jobs);
  }
  await queue.close();
};
