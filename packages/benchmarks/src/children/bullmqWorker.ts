import { toQueueName } from '@backend/tasks/queue/QueueName';
import { Worker } from 'bullmq';
import { handlePayload } from '../contestants/BenchmarkPayload';
import { type PlainJobData } from '../contestants/bullmqContestant';
import { openParentLink, toTaskName } from './ParentLink';

const { settings, tell } = openParentLink();
const { hostname, port } = new URL(settings.redisUrl);

const workers = Array.from(
  { length: settings.taskCount },
  (_, index) =>
    new Worker<PlainJobData>(
      toQueueName(toTaskName(index)),
      async (job) => {
        tell({ kind: 'task-ran' });
        return handlePayload(job.data.payload);
      },
      { connection: { host: hostname, port: Number(port) }, prefix: settings.prefix },
    ),
);
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
tell({ kind: 'started' });
