import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type LedgerError } from '../ledger/LedgerError';
import { type TaskLedger } from '../ledger/TaskLedger';
import { type PublishError } from '../queue/publish';
import { type AcceptedCall } from './CallCheck';
import { type ScheduledJob, toScheduledEntry } from './ScheduledEntry';
import { type ScheduleTarget } from './ScheduleTarget';

interface LedgerTargetOptions {
  readonly ledger: TaskLedger;
  /** The queues on Redis. */
  readonly queues: ScheduleTarget;
  /** Whether Redis can be asked now. */
  isRedisReady(): boolean;
  readonly logger: ILogger;
  readonly appConfig: Pick<AppConfig, 'tasksEnabled' | 'ledgerRequired'>;
}

/** How long a Redis that took no task is not waited for, unless it is there again; milliseconds. */
const AWAY_MS = 5000;

/**
 * The ledger before the queues on Redis: a task is written down, and then put on its queue. One that Redis does not take stays
 * in the ledger, from where the relay puts it on its queue later: it is scheduled all the same.
 */
export const createLedgerTarget = ({
  ledger,
  queues,
  isRedisReady,
  logger,
  appConfig,
}: LedgerTargetOptions): ScheduleTarget => {
  const log = createRateLimitedLog({ logger });
  let awayUntilMs = 0;

  /** Puts a task on its queue that is in the ledger. Answers the task that is there. */
  const put = async (job: ScheduledJob, call: AcceptedCall): Promise<TaskId> => {
    if (!isRedisReady() && performance.now() < awayUntilMs) return job.id;
    const published = await queues.publish(toWritten(job, call), call);
    if (published.isErr()) {
      awayUntilMs = performance.now() + AWAY_MS;
      const facts = { taskName: job.name, reason: published.error.message };
      log.warn('put', 'Tasks wait in the ledger: Redis does not take them', facts);
      return job.id;
    }
    if (published.value === job.id) ledger.outbox.notePublished(job.id);
    else await absorb(job, published.value);
    return published.value;
  };
  /** What is left in the ledger the relay puts on the queue again, which answers the same. */
  const absorb = async (job: ScheduledJob, byId: TaskId): Promise<void> => {
    const absorbed = await ledger.outbox.absorb(job.id, byId);
    if (absorbed.isOk()) return;
    const facts = { taskName: job.name, taskId: job.id, reason: absorbed.error.message };
    log.warn('absorb', 'A replaced task stays in the ledger for now, which does not answer', facts);
  };

  const publish = async (
    job: ScheduledJob,
    call: AcceptedCall,
  ): Promise<Result<TaskId, PublishError | LedgerError>> => {
    if (!appConfig.tasksEnabled) return queues.publish(job, call);
    const inserted = await ledger.writer.insert(toScheduledEntry(job, call));
    if (inserted.isErr()) {
      if (appConfig.ledgerRequired) return err(inserted.error);
      const facts = { taskName: job.name, reason: inserted.error.message };
      log.warn('insert', 'Tasks are scheduled without the ledger, which does not answer', facts);
      return queues.publish(job, call);
    }
    return ok(inserted.value.kind === 'duplicate' ? inserted.value.id : await put(job, call));
  };
  return { ...queues, publish };
};

/** The ledger has decided whether the task is a second one, and waits are counted from the same moment there and on the queue. */
const toWritten = (job: ScheduledJob, { nowMs: timestamp }: AcceptedCall): ScheduledJob => {
  const { deduplication: _deduplication, ...options } = job.options;
  return job.debounce === undefined ? { ...job, options: { timestamp, ...options } } : job;
};
