/** A worker of plain BullMQ, as its guide shows it. Its only argument is a `BullmqWorkerSettings` as JSON. */
import { Worker } from 'bullmq';
import { faultPayloadSchema } from '../tasks/Behaviour';
import { behave } from '../tasks/behave';
import { setClockAhead } from '../tasks/clockAhead';
import { type BullmqWorkerSettings, QUEUE_NAME } from './bullmq';

setClockAhead();

const settings = JSON.parse(Bun.argv[2] ?? '') as BullmqWorkerSettings; // written by bullmq.ts

const log = (level: string, message: string, error?: Error): void =>
  console.log(JSON.stringify({ time: new Date().toISOString(), level, msg: message, error: error?.message }));

const worker = new Worker(
  QUEUE_NAME,
  async (job) => {
    const payload = faultPayloadSchema.parse(job.data);
    const { correlationId } = job.data as { correlationId: string }; // added by bullmq.ts
    const facts = { call: payload.call, taskId: job.id ?? '', attempt: job.attemptsMade + 1, correlationId };
    const end = await behave({ payload, facts, signal: undefined });
    if (end.kind === 'failed') throw new Error(end.message);
    return end.kind === 'returned' ? end.value : end.end();
  },
  {
    connection: { host: '127.0.0.1', port: settings.port },
    concurrency: settings.concurrency,
    lockDuration: settings.lockMs,
    stalledInterval: settings.stalledIntervalMs,
  },
);
worker.on('error', (error) => log('error', 'worker error', error));
worker.on('ready', () => log('info', 'ready'));

const stop = async (): Promise<void> => {
  await worker.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.stdin.resume().on('end', () => process.exit(1));
