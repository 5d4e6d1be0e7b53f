import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type PublishError } from '../queue/publish';
import { type JobInput } from '../queue/TaskQueues';
import { type LedgerEntry } from './LedgerEntry';
import { type LedgerError } from './LedgerError';
import { sharedLedgerLog } from './sharedLedgerLog';
import { type TaskLedger } from './TaskLedger';
import { type EntryFacts, isEnvelopeJob, toLedgerEntry } from './toLedgerEntry';

/** What became of a task that was to be written down and put on its queue. */
export type RecordedTask =
  | { readonly kind: 'published' }
  /** It is in the ledger, from where the relay puts it on its queue: Redis did not take it. */
  | { readonly kind: 'waiting'; readonly error: Error }
  /** The same, without Redis having been asked. */
  | { readonly kind: 'left' }
  /** Another task stands for it; `error`: the ledger still has it all the same, and the relay will ask the queue again. */
  | { readonly kind: 'covered'; readonly byId: TaskId; readonly error?: LedgerError };

interface PublishRecordedOptions {
  /** Absent when it is off. */
  readonly ledger: Pick<TaskLedger, 'writer' | 'outbox'> | undefined;
  /** Whether a task that cannot be written down is refused, or put on its queue all the same. */
  readonly isRequired: boolean;
  readonly job: JobInput;
  readonly facts: EntryFacts;
  /**
   * Hands a job to Redis; answers the id of the job that is on the queue.
   *
   * @param recorded The task as it is to be on the queue. Written down, it says since when it waits, and leaves the key to the ledger.
   */
  publish(recorded: JobInput): Promise<Result<TaskId, PublishError | LedgerError>>;
  /** Whether a task that is written down is left to the relay. Default: never. */
  isLeft?(): boolean;
  /** Whether the caller answers an error for a task that waits; otherwise the log says so. Default: false. */
  readonly isWaitAnswered?: boolean;
  /** For what the answer does not say; see `sharedLedgerLog`. */
  readonly logger: ILogger;
}

/**
 * Writes a task down, and then puts it on its queue: everybody who tells a caller that a task is taken does it so. Without a
 * ledger, with one that is away and not required, and of data that is no envelope, it is only put on its queue.
 *
 * @returns `err` when the task is neither in the ledger nor on its queue; when `isUnknown` of the error is true, it may be.
 */
export const publishRecorded = async (
  options: PublishRecordedOptions,
): Promise<Result<RecordedTask, PublishError | LedgerError>> => {
  const { ledger, isRequired, job, facts, logger } = options;
  if (ledger === undefined || !isEnvelopeJob(job)) return publishAlone(options);
  const entry = toLedgerEntry(job, facts);
  const inserted = await ledger.writer.insert(entry);
  if (inserted.isErr()) {
    if (isRequired) return err(inserted.error);
    const reason = inserted.error.message;
    sharedLedgerLog(ledger, logger).warn(
      'insert',
      'Tasks are scheduled without the ledger, which does not answer',
      {
        taskName: job.name,
        reason,
      },
    );
    return publishAlone(options);
  }
  if (inserted.value.kind === 'duplicate') return ok({ kind: 'covered', byId: inserted.value.id });
  return ok(await publishEntry({ ...options, ledger }, entry));
};

const publishAlone = async ({
  job,
  publish,
}: PublishRecordedOptions): Promise<Result<RecordedTask, PublishError | LedgerError>> =>
  (await publish(job)).map((id) => (id === job.id ? { kind: 'published' } : { kind: 'covered', byId: id }));

/** Puts a task on its queue that is in the ledger. */
const publishEntry = async (
  {
    ledger,
    job,
    publish,
    isLeft = () => false,
    isWaitAnswered = false,
    logger,
  }: PublishRecordedOptions & { readonly ledger: Pick<TaskLedger, 'writer' | 'outbox'> },
  entry: LedgerEntry,
): Promise<RecordedTask> => {
  if (isLeft()) return { kind: 'left' };
  const { outbox } = ledger;
  const log = sharedLedgerLog(ledger, logger);
  const published = await publish(toWritten(job, entry));
  if (published.isErr()) {
    const facts = { taskName: job.name, reason: published.error.message };
    if (!isWaitAnswered) log.warn('put', 'Tasks wait in the ledger: Redis does not take them', facts);
    return { kind: 'waiting', error: published.error };
  }
  const byId = published.value;
  if (byId === job.id) {
    outbox.notePublished(job.id);
    return { kind: 'published' };
  }
  const absorbed = await outbox.absorb(job.id, byId);
  if (absorbed.isOk()) return { kind: 'covered', byId };
  log.warn('absorb', 'A replaced task stays in the ledger for now, which does not answer', {
    taskName: job.name,
    taskId: job.id,
    reason: absorbed.error.message,
  });
  return { kind: 'covered', byId, error: absorbed.error };
};

/** Waits are counted from the same moment in the ledger and on the queue; and of a key the ledger has decided already. */
const toWritten = (job: JobInput, { key, createdAtMs: timestamp }: LedgerEntry): JobInput => {
  const { deduplication: _deduplication, ...kept } = job.options;
  const options = key === undefined ? job.options : kept;
  return { ...job, options: { timestamp, ...options } };
};
