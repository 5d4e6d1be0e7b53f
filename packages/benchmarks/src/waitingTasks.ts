import { type RedisClient } from '@backend/redis/createRedisClient';
import { createPayload } from './contestants/BenchmarkPayload';
import { createPlainJob, createPlainQueue } from './contestants/bullmqContestant';

const CHUNK_SIZE = 1000;

interface Preload {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly taskCount: number;
  /** Whether the tasks have a priority. Default: true. */
  readonly isPrioritised?: boolean;
}

/** Puts tasks on the queue, the same bytes for both sides; no worker runs yet. */
export const preloadTasks = async ({
  client,
  prefix,
  taskCount,
  isPrioritised = true,
}: Preload): Promise<void> => {
  const queue = createPlainQueue(client, prefix);
  const correlationId = Bun.randomUUIDv7();
  for (let start = 0; start < taskCount; start += CHUNK_SIZE) {
    const length = Math.min(CHUNK_SIZE, taskCount - start);
    const jobs = Array.from({ length }, (_, offset) => {
      const job = createPlainJob(createPayload(start + offset), correlationId);
      return isPrioritised ? job : { ...job, opts: { ...job.opts, priority: 0 } };
    });
    await queue.addBulk(jobs);
  }
  await queue.close();
};
