import { settleWithin } from '@backend/deadline/settleWithin';
import { createConfiguredLedger, type LedgerConfig } from './ConfiguredLedger';
import { type TaskLedger } from './TaskLedger';

/**
 * Module state, and why: schedulers are created anywhere, thousands of times, with nothing but a logger and a
 * configuration, and must share one database; and what a process writes at the same moment is written together.
 */
const ledgers = new Map<string, TaskLedger>();

/**
 * The ledger that everything in this process shares which has the same configuration; nothing when it is off. Opened by the
 * first use, not by this call.
 *
 * @throws DatabaseUrlError when the URL has none of the accepted forms; a configuration that was read has been checked.
 */
export const sharedTaskLedger = (appConfig: LedgerConfig): TaskLedger | undefined => {
  const { ledgerUrl, ledgerSchema = '', ledgerDeadlineMs, queuePrefix } = appConfig;
  const key = JSON.stringify([ledgerUrl, ledgerSchema, ledgerDeadlineMs, queuePrefix]);
  const existing = ledgers.get(key);
  if (existing !== undefined) return existing;
  const ledger = createConfiguredLedger(appConfig);
  if (ledger !== undefined) ledgers.set(key, ledger);
  return ledger;
};

/** How the shared ledgers are closed. */
interface LedgerClosing {
  /** How long they are waited for, whatever their databases do; milliseconds. Default: until they are closed. */
  readonly patienceMs?: number;
}

/** Writes what waits and closes every shared ledger of the process. The next use opens a new one. */
export const closeSharedLedgers = async ({ patienceMs }: LedgerClosing = {}): Promise<void> => {
  const open = [...ledgers.values()];
  ledgers.clear();
  const closed = Promise.all(open.map((ledger) => ledger.close()));
  await (patienceMs === undefined ? closed : settleWithin(closed, Math.max(0, patienceMs)));
};
