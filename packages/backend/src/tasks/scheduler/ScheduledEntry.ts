import { type LedgerKey } from '../ledger/LedgerEntry';
import { type EntryFacts, type EnvelopeJob } from '../ledger/toLedgerEntry';
import { toRetryStrategy } from '../ledger/toRetryStrategy';
import { type AcceptedCall } from './CallCheck';

/** The job of a call that was accepted. */
export type ScheduledJob = EnvelopeJob;

/** What the ledger keeps of a call that the job does not say. */
export const toEntryFacts = (call: AcceptedCall): EntryFacts => ({
  key: toLedgerKey(call),
  retryStrategy: toRetryStrategy(call.task.options, call.options),
  nowMs: call.nowMs,
});

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
