import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { publish } from '../queue/publish';
import { createQueueAccess, type QueueAccess } from '../queue/QueueAccess';
import { type PublishJob } from './publishTasks';
import { createLedgerRelay, type LedgerRelay } from './Relay';
import { type TaskLedger } from './TaskLedger';

interface RelayParts {
  readonly ledger: TaskLedger;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** What a lease lasts longer than a publication may take; milliseconds. */
const LEASE_MARGIN_MS = 10_000;

/** How long nobody else publishes what one has claimed. */
export const toLeaseMs = ({ scheduleDeadlineMs }: AppConfig): number => scheduleDeadlineMs + LEASE_MARGIN_MS;

/** Publishes over the connection that schedulers share. */
export const toPublishJob =
  (access: QueueAccess, { scheduleDeadlineMs: deadlineMs }: AppConfig): PublishJob =>
  (job) =>
    publish({ ...access.open(), job, deadlineMs });

/** A relay that publishes over the connection that schedulers share. Free: it does nothing until it is asked, or started. */
export const createConfiguredRelay = ({ ledger, logger, appConfig }: RelayParts): LedgerRelay => {
  const access = createQueueAccess({ logger, appConfig });
  return createLedgerRelay({
    ledger,
    publish: toPublishJob(access, appConfig),
    logger,
    batchSize: appConfig.ledgerRelayBatch,
    intervalMs: appConfig.ledgerRelayIntervalMs,
    minAgeMs: appConfig.ledgerRelayAgeMs,
    leaseMs: toLeaseMs(appConfig),
  });
};
