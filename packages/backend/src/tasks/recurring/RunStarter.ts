import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { toRunCorrelationId, toRunTaskId } from '../domain/ScheduleId';
import { type StoredSchedule } from '../domain/StoredSchedule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { type TaskLedger } from '../ledger/TaskLedger';
import { isEnvelopeJob, toLedgerEntry } from '../ledger/toLedgerEntry';
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
      await noteRun(sharedTaskLedger(appConfig), job);
      const missed = isMissed ? { isMissed } : {};
      logger.info('A recurring schedule started a run', { ...facts, taskId, correlationId, ...missed });
    } else {
      const unfinished = { ...facts, unfinishedTaskId: published.value };
      logger.info('A recurring schedule skipped a run: the one before it is unfinished', unfinished);
    }
    return true;
  };
};

/** A run that is not written down here is so by the worker that takes it. */
const noteRun = async (ledger: TaskLedger | undefined, job: JobInput): Promise<void> => {
  if (ledger === undefined || !isEnvelopeJob(job)) return;
  await ledger.writer.insert(toLedgerEntry(job, { nowMs: Date.now() }));
  ledger.outbox.notePublished(job.id);
};
