import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type LedgerError } from '../ledger/LedgerError';
import { publishRecorded } from '../ledger/publishRecorded';
import { type TaskLedger } from '../ledger/TaskLedger';
import { type PublishError } from '../queue/publish';
import { type AcceptedCall } from './CallCheck';
import { type ScheduledJob, toEntryFacts } from './ScheduledEntry';
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
  let awayUntilMs = 0;

  const publish = async (
    job: ScheduledJob,
    call: AcceptedCall,
  ): Promise<Result<TaskId, PublishError | LedgerError>> => {
    if (!appConfig.tasksEnabled) return queues.publish(job, call);
    const taken = await publishRecorded({
      ledger,
      isRequired: appConfig.ledgerRequired,
      job,
      facts: toEntryFacts(call),
      publish: ({ options }) => queues.publish({ ...job, options }, call),
      isLeft: () => !isRedisReady() && performance.now() < awayUntilMs,
      logger,
    });
    return taken.map((task) => {
      if (task.kind === 'covered') return task.byId;
      if (task.kind === 'waiting') awayUntilMs = performance.now() + AWAY_MS;
      return job.id;
    });
  };
  return { ...queues, publish };
};
