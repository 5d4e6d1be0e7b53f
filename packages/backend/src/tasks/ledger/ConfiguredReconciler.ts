import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { locateTasks } from '../queue/locateTasks';
import { createQueueAccess, type QueueAccess } from '../queue/QueueAccess';
import { createReconciler, type Reconciler } from './Reconciler';
import { type LedgerRelay } from './Relay';
import { type TaskLedger } from './TaskLedger';
import { type FindPlaces } from './walkPlaces';

interface ReconcilerParts {
  readonly ledger: TaskLedger;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  /** Puts what Redis has lost on its queues again. */
  readonly relay: Pick<LedgerRelay, 'look'>;
}

/** How often a worker must have missed to tell that it has a task, before the task counts as lost. */
const MISSED_SIGNS = 6;

/** How long a worker that runs a task may be silent before the task counts as lost; it tells twice in the time of its lock. */
export const toRunningAgeMs = ({ workerLockMs }: AppConfig): number => (MISSED_SIGNS * workerLockMs) / 2;

/** Asks the queues over the connection that schedulers share. */
export const toFindPlaces =
  (access: QueueAccess): FindPlaces =>
  (taskName, ids) =>
    access.run((queues, { client }) => locateTasks({ client, queue: queues.get(taskName), ids }));

/** A reconciler over the connection that schedulers share. Free: it does nothing until it is asked, or started. */
export const createConfiguredReconciler = ({
  ledger,
  logger,
  appConfig,
  relay,
}: ReconcilerParts): Reconciler => {
  const access = createQueueAccess({ logger, appConfig });
  return createReconciler({
    ledger,
    findPlaces: toFindPlaces(access),
    logger,
    intervalMs: appConfig.ledgerReconcileIntervalMs,
    minAgeMs: appConfig.ledgerReconcileAgeMs,
    runningAgeMs: toRunningAgeMs(appConfig),
    onUnpublished: () => void relay.look(),
  });
};
