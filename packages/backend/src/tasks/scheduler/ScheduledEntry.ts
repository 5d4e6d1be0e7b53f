import { type LedgerEntry, type LedgerKey } from '../ledger/LedgerEntry';
import { type EnvelopeJob, toLedgerEntry } from '../ledger/toLedgerEntry';
import { type AcceptedCall } from './CallCheck';

/** The job of a call that was accepted. */
export type ScheduledJob = EnvelopeJob;

/** What the ledger keeps of a call. */
export const toScheduledEntry = (job: ScheduledJob, call: AcceptedCall): LedgerEntry =>
  toLedgerEntry(job, { key: toLedgerKey(call), retryStrategy: toRetryStrategy(call), nowMs: call.nowMs });

const toLedgerKey = ({ deduplication, nowMs }: AcceptedCall): LedgerKey | undefined => {
  switch (deduplication?.kind) {
    case 'idempotency':
      return { kind: 'idempotency', key: deduplication.key, expiresAtMs: nowMs + deduplication.windowMs };
    case 'unique':
      return { kind: 'unique', key: deduplication.key };
    default:
      // Debounced tasks are one task as long as they wait: their queue knows which do.
      return undefined;
  }
};

/** What the definition and the call say of retries; nothing when neither says anything. */
const toRetryStrategy = ({ task, options }: AcceptedCall): Readonly<Record<string, unknown>> | undefined => {
  const { retryOn: _retryOn, ...defined } = { retryOn: undefined, ...task.options.retry };
  const backoffMs = options.backoffMs ?? task.options.backoffMs;
  const strategy = { ...defined, ...options.retry, ...(backoffMs === undefined ? {} : { backoffMs }) };
  return Object.keys(strategy).length === 0 ? undefined : strategy;
};
