import { type RedisClient } from '@backend/redis/createRedisClient';
import { sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { type TaskLedger } from '@backend/tasks/ledger/TaskLedger';
import { toLedgerEntry } from '@backend/tasks/ledger/toLedgerEntry';
import { CorrelationId } from '@core/domain/CorrelationId';
import { createPayload } from './contestants/BenchmarkPayload';
import { createPlainJob, createPlainQueue, type PlainJob } from './contestants/bullmqContestant';
import { type QueuePlace } from './contestants/Contestant';
import { toAppConfig } from './contestants/droverContestant';

const CHUNK_SIZE = 1000;

interface Preload {
  readonly client: RedisClient;
  readonly place: QueuePlace;
  readonly taskCount: number;
  /** Whether the tasks have a priority. Default: true. */
  readonly isPrioritised?: boolean;
}

/** Puts tasks on the queue, the same bytes for both sides, and into the ledger of the place; no worker runs yet. */
export const preloadTasks = async ({
  client,
  place,
  taskCount,
  isPrioritised = true,
}: Preload): Promise<void> => {
  const queue = createPlainQueue(client, place.prefix);
  const ledger = sharedTaskLedger(toAppConfig(place));
  const correlationId = CorrelationId();
  for (let start = 0; start < taskCount; start += CHUNK_SIZE) {
    const length = Math.min(CHUNK_SIZE, taskCount - start);
    const jobs = Array.from({ length }, (_, offset) => {
      const job = createPlainJob(createPayload(start + offset), correlationId);
      return isPrioritised ? job : { ...job, opts: { ...job.opts, priority: 0 } };
    });
    await queue.addBulk(jobs);
    if (ledger !== undefined) await writeDown(ledger, jobs);
  }
  await queue.close();
};

/** What a scheduler would have written of the same tasks. */
const writeDown = async ({ writer, outbox }: TaskLedger, jobs: readonly PlainJob[]): Promise<void> => {
  const nowMs = Date.now();
  const entries = jobs.map(({ name, data, opts }) =>
    toLedgerEntry({ id: opts.jobId, name, data, options: opts }, { nowMs }),
  );
  const written = await Promise.all(entries.map((entry) => writer.insert(entry)));
  const marked = await outbox.markPublished(entries.map(({ id }) => id));
  for (const each of [...written, marked]) if (each.isErr()) throw each.error;
};
