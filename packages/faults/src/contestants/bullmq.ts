import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { BACKOFF_MS } from '../plan/BenchSettings';
import { CLOCK_AHEAD_MS } from '../tasks/clockAhead';
import { EVIDENCE_FILE } from '../tasks/Evidence';
import { type Contestant } from './Contestant';

const WORKER = fileURLToPath(new URL('bullmqWorker.ts', import.meta.url));

/** The queue of plain BullMQ. */
export const QUEUE_NAME = 'fault-work';

/** A call that is not answered within this time has no answer; milliseconds. */
const ANSWER_TIMEOUT_MS = 20_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What `bullmqWorker.ts` is told; given as its only argument, as JSON. */
export interface BullmqWorkerSettings {
  readonly port: number;
  readonly lockMs: number;
  readonly stalledIntervalMs: number;
  readonly concurrency: number;
}

/**
 * Plain BullMQ as its guide shows it: a `Queue` and a `Worker` with a host and a port, three attempts, and `close()` at
 * SIGTERM. Its defaults otherwise; only lock and stalled interval are as short as Drover's, or each run would wait for
 * a minute.
 */
export const bullmq: Contestant = {
  side: 'bullmq',
  prefix: 'bull',
  queueName: QUEUE_NAME,
  readyText: 'ready',
  workerCommand: ({ port, lockMs, stalledIntervalMs, concurrency, evidencePath, clockAheadMs }) => ({
    command: [
      ...[process.execPath, '--no-install', WORKER],
      JSON.stringify({ port, lockMs, stalledIntervalMs, concurrency } satisfies BullmqWorkerSettings),
    ],
    env: { [EVIDENCE_FILE]: evidencePath, [CLOCK_AHEAD_MS]: String(clockAheadMs) },
  }),
  openProducer: ({ port }) => {
    const queue = new Queue(QUEUE_NAME, { connection: { host: '127.0.0.1', port } });
    queue.on('error', () => undefined); // as its guide advises
    return {
      schedule: async ({ correlationId, payload, delayMs, maxAttempts }) => {
        const options = { attempts: maxAttempts, backoff: BACKOFF_MS, delay: delayMs };
        const adding = queue.add('fault', { ...payload, correlationId }, options).then(
          (job) => ({ kind: 'acknowledged', taskId: job.id ?? '' }) as const,
          (error: unknown) => ({ kind: 'unknown', taskId: undefined, message: messageOf(error) }) as const,
        );
        const silence = Bun.sleep(ANSWER_TIMEOUT_MS).then(
          () => ({ kind: 'unknown', taskId: undefined, message: 'no answer' }) as const,
        );
        return Promise.race([adding, silence]);
      },
      [Symbol.asyncDispose]: () => Promise.race([queue.close(), Bun.sleep(1000)]),
    };
  },
  openViewer: () => undefined,
};
