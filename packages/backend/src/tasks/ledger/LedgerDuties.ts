import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createConfiguredReconciler } from './ConfiguredReconciler';
import { createConfiguredRelay } from './ConfiguredRelay';
import { createLedgerSweeper } from './LedgerSweeper';
import { sharedTaskLedger } from './sharedTaskLedger';

/** What a process does for the ledger as long as it runs. */
export interface LedgerDuties {
  /** Redis has lost its data: what was in it is put there again. */
  onDataLost(): void;
  stop(): Promise<void>;
}

interface LedgerDutiesOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** Starts to keep the queues abreast of the ledger, and the ledger small; nothing without a ledger. */
export const startLedgerDuties = ({ logger, appConfig }: LedgerDutiesOptions): LedgerDuties | undefined => {
  const ledger = sharedTaskLedger(appConfig);
  if (ledger === undefined) return undefined;
  const relay = createConfiguredRelay({ ledger, logger, appConfig });
  const reconciler = createConfiguredReconciler({ ledger, logger, appConfig, relay });
  const sweeper = createLedgerSweeper({
    history: ledger.history,
    retention: toRetention(appConfig),
    logger,
  });
  relay.start();
  reconciler.start();
  sweeper.start();
  return {
    onDataLost: () => void reconciler.reconcile({ minAgeMs: 0 }),
    stop: async () => {
      await Promise.all([relay.stop(), reconciler.stop(), sweeper.stop()]);
    },
  };
};

const toRetention = ({
  ledgerKeepCompletedMs: completed,
  ledgerKeepFailedMs: failed,
  ledgerKeepCancelledMs: cancelled,
}: AppConfig) => ({ completed, failed, cancelled });
