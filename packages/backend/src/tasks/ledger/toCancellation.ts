import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type QueueAccess } from '../queue/QueueAccess';
import { sharedTaskLedger } from './sharedTaskLedger';
import { type TaskCancellation } from './TaskCancellation';

interface CancellationParts {
  readonly access: QueueAccess;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

interface CancelledOne extends Pick<TaskCancellation, 'taskName' | 'id' | 'reason'> {
  /** Attempts of a task that does not say. Default: `TASK_MAX_ATTEMPTS`. */
  readonly maxAttempts?: number | undefined;
}

/** A cancellation by the configuration of the process, with the ledger that it shares now: one that was closed is opened anew. */
export const toCancellation = (
  { access, logger, appConfig }: CancellationParts,
  { taskName, id, reason, maxAttempts = appConfig.taskMaxAttempts }: CancelledOne,
): TaskCancellation => ({
  access,
  prefix: appConfig.queuePrefix,
  ledger: sharedTaskLedger(appConfig),
  ledgerRequired: appConfig.ledgerRequired,
  logger,
  taskName,
  id,
  reason,
  maxAttempts,
});
