import { type JobJson, type Queue } from 'bullmq';

interface FieldedJob {
  readonly queue: Queue;
  readonly job: JobJson;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

/**
 * Only to the job that was meant: one that was put on the queue before under this id, for another call, stays as it is, and
 * so does one that has begun (`ats`: how often): it has had its fields, and may have written others.
 */
const WRITE_FIELDS = `
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[1], 'ats') == 1 then return 0 end
for index = 2, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[index], ARGV[index + 1]) end
return 1`;

const COMMAND = 'droverWriteFields';

/**
 * Adds a job together with fields of our own in its hash, in one transaction: no worker takes it without them. BullMQ's own
 * way to add a job to a transaction is public, for its flows; it leaves a job that is there already alone.
 *
 * @returns The id of the job. Rejects when Redis does not answer or refuses; then nothing was written, or all.
 */
export const addWithFields = async ({ queue, job, fields }: FieldedJob): Promise<string> => {
  const backend = queue.getBackend();
  const client = await backend.client;
  client.defineCommand(COMMAND, { numberOfKeys: 1, lua: WRITE_FIELDS });
  const transaction = client.multi();
  await backend.addJobToTransaction(transaction, job, job.id, {});
  transaction.runCommand(COMMAND, [queue.toKey(job.id), job.data, ...fields]);
  const replies = (await transaction.exec()) ?? [];
  const failed = replies.find(([error]) => error !== null);
  if (failed?.[0]) throw failed[0];
  if (replies.length === 0)
    throw new Error(`the job ${job.id} was not added: Redis discarded the transaction`);
  return job.id;
};
