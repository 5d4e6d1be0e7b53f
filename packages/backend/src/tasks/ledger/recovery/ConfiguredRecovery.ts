import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type Result } from 'neverthrow';
import { createQueueAccess } from '../../queue/QueueAccess';
import { toFindPlaces, toRunningAgeMs } from '../ConfiguredReconciler';
import { toLeaseMs, toPublishJob } from '../ConfiguredRelay';
import { type ReconcileError } from '../ReconcileError';
import { type TaskLedger } from '../TaskLedger';
import { type RecoveryOptions } from './Recovery';
import { type RecoveryReport } from './RecoveryReport';
import { recoverTasks } from './recoverTasks';

interface ConfiguredRecoveryParts {
  readonly ledger: TaskLedger;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** Recovers tasks over the connection that schedulers share; see `recoverTasks`. */
export const recoverConfiguredTasks = (
  { ledger, logger, appConfig }: ConfiguredRecoveryParts,
  options: RecoveryOptions,
): Promise<Result<RecoveryReport, ReconcileError>> => {
  const access = createQueueAccess({ logger, appConfig });
  const parts = {
    ledger,
    findPlaces: toFindPlaces(access),
    publish: toPublishJob(access, appConfig),
    batchSize: appConfig.ledgerRelayBatch,
    leaseMs: toLeaseMs(appConfig),
    runningAgeMs: toRunningAgeMs(appConfig),
  };
  return recoverTasks(parts, options);
};
