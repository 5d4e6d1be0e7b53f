import { fileURLToPath } from 'node:url';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { createTaskWorker } from '@backend/tasks/worker/TaskWorker';
import { Worker } from 'bullmq';
import { type Benchmark, type Lab, type Metric, type Side } from './Benchmark';
import { tasks } from './children/isolatedTasks';
import { BENCHMARK_TASK_NAME } from './contestants/BenchmarkPayload';
import { createPrefix } from './createPrefix';
import { preloadTasks } from './waitingTasks';

const TASK_COUNT = 20;

const attempt: Metric = { name: 'an attempt', unit: 'ms', better: 'lower' };

/**
 * What a process for each attempt costs. BullMQ's sandbox is not the same: it uses its process again for the next job,
 * whatever the last one has left in it.
 */
export const isolatedAttempts: Benchmark = {
  name: 'isolatedAttempts',
  question: `How long does an attempt in a process of its own take, one after the other, ${TASK_COUNT} of them?`,
  metrics: [attempt],
  measure: async (side, lab) => {
    const prefix = createPrefix();
    await preloadTasks({
      client: lab.observer,
      place: { redisUrl: lab.redisUrl, prefix },
      taskCount: TASK_COUNT,
    });
    const startedAtMs = performance.now();
    await using _worker = await startWorker(side, lab, prefix);
    await allCompleted(lab, prefix);
    return { [attempt.name]: (performance.now() - startedAtMs) / TASK_COUNT };
  },
};

const startWorker = async (side: Side, { redisUrl }: Lab, prefix: string): Promise<AsyncDisposable> => {
  if (side === 'bullmq') {
    const { hostname: host, port } = new URL(redisUrl);
    const processor = fileURLToPath(new URL('children/sandboxedProcessor.ts', import.meta.url));
    const worker = new Worker(toQueueName(BENCHMARK_TASK_NAME), processor, {
      connection: { host, port: Number(port) },
      prefix,
    });
    worker.on('error', (error) => console.error(error));
    return { [Symbol.asyncDispose]: () => worker.close() };
  }
  const appConfig = parseAppConfig({
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: prefix,
    NODE_ENV: 'production',
    LEDGER_URL: 'off',
  });
  if (appConfig.isErr()) throw appConfig.error;
  const tasksModule = new URL('children/isolatedTasks.ts', import.meta.url);
  const options = { tasks, logger: silentLogger, appConfig: appConfig.value, concurrency: 1, tasksModule };
  const worker = createTaskWorker(options);
  const started = await worker.start();
  if (started.isErr()) throw started.error;
  return { [Symbol.asyncDispose]: () => worker.stop() };
};

const allCompleted = async ({ observer }: Lab, prefix: string): Promise<void> => {
  const key = `${prefix}:${toQueueName(BENCHMARK_TASK_NAME)}:completed`;
  while ((await observer.zcard(key)) < TASK_COUNT) await new Promise((resolve) => setTimeout(resolve, 5));
};
