import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { toRunCorrelationId, toRunTaskId } from '../domain/ScheduleId';
import { type StoredSchedule } from '../domain/StoredSchedule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { isEnvelopeJob, toLedgerEntry } from '../ledger/toLedgerEntry';
import { toRetryStrategy } from '../ledger/toRetryStrategy';
import { type DueRuns, type ScheduleRun } from '../queue/DueRuns';
import { publish } from '../queue/publish';
import { toRunJob } from '../queue/RunJob';
import { type JobInput, type TaskQueues } from '../queue/TaskQueues';

interface RunStarterOptions {
  readonly connection: RedisConnection;
  readonly queues: TaskQueues;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  readonly runs: DueRuns;
}

/** A run that this worker has claimed. */
export interface ClaimedRun extends ScheduleRun {
  readonly stored: StoredSchedule;
  readonly task: TaskDefinition<unknown>;
  readonly isMissed: boolean;
}

/**
 * Creates what makes a task of a claimed run. Its ids follow from schedule and time, so that another worker may do the
 * same: it is one task. A run that Redis does not take stays pending, and is started by a later look: then it answers false.
 */
export const createRunStarter = ({
  connection,
  queues,
  appConfig,
  logger,
  runs,
}: RunStarterOptions): ((run: ClaimedRun) => Promise<boolean>) => {
  const log = createRateLimitedLog({ logger });
  /** Behind its publication: the queue decides whether there is a run. The worker that takes one writes down what is missing. */
  const noteRun = async (job: JobInput, { options }: ClaimedRun['task']): Promise<void> => {
    const ledger = sharedTaskLedger(appConfig);
    if (ledger === undefined || !isEnvelopeJob(job)) return;
    const retryStrategy = toRetryStrategy(options, {});
    const inserted = await ledger.writer.insert(toLedgerEntry(job, { retryStrategy, nowMs: Date.now() }));
    if (inserted.isOk()) return ledger.outbox.notePublished(job.id);
    const facts = { taskName: job.name, reason: inserted.error.message };
    log.warn('insert', 'Runs of recurring schedules are not in the ledger before a worker takes them', facts);
  };
  return async ({ id, dueMs, stored, task, isMissed }) => {
    const facts = { scheduleId: id, taskName: stored.taskName, dueAt: new Date(dueMs) };
    const taskId = toRunTaskId(id, dueMs);
    const correlationId = toRunCorrelationId(taskId);
    const maxAttempts = appConfig.taskMaxAttempts;
    const job = toRunJob({ taskId, scheduleId: id, stored, correlationId, task, maxAttempts });
    const published = await publish({ connection, queues, job, deadlineMs: appConfig.scheduleDeadlineMs });
    if (published.isErr()) {
      const reason = published.error.message;
      log.warn('pending', 'A run of a recurring schedule waits for Redis', { ...facts, reason });
      return false;
    }
    const isStarted = published.value === taskId;
    await runs.settle({ id, dueMs }, { isStarted });
    if (isStarted) {
      await noteRun(job, task);
      const missed = isMissed ? { isMissed } : {};
      logger.info('A recurring schedule started a run', { ...facts, taskId, correlationId, ...missed });
    } else {
      const unfinished = { ...facts, unfinishedTaskId: published.value };
      logger.info('A recurring schedule skipped a run: the one before it is unfinished', unfinished);
    }
    return true;
  };
};
