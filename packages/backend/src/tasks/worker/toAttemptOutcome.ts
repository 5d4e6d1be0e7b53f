import { toCancelledError } from '../domain/CancelRequest';
import { TaskError } from '../domain/TaskError';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { type StoredTaskError } from '../domain/TaskRecord';
import { type AttemptOutcome } from '../ledger/LedgerWriter';
import { type LedgerEnding } from '../ledger/Standing';
import { toStoredFailure } from '../queue/StoredFailure';

interface Ended {
  readonly outcome: TaskOutcome;
  /** 1-based. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly endedAtMs: number;
}

/** Translates the outcome of an attempt for the ledger. */
export const toAttemptOutcome = ({ outcome, attempt, endedAtMs }: Ended): AttemptOutcome => {
  switch (outcome.kind) {
    case 'completed':
      return outcome;
    case 'failed':
      return { kind: 'failed', error: toStoredFailure({ ...outcome, attempt }) };
    case 'retry': {
      const { error, delayMs } = outcome;
      return { kind: 'retry', error: toStoredFailure({ error, attempt }), dueAtMs: endedAtMs + delayMs };
    }
    case 'snoozed':
      return { kind: 'snoozed', dueAtMs: endedAtMs + outcome.delayMs };
    case 'released':
      return { kind: 'released' };
    case 'cancelled': {
      const { reason } = outcome.error.metadata;
      return { kind: 'cancelled', ...(typeof reason === 'string' ? { reason } : {}) };
    }
  }
};

/** The outcome that settles a task as it has ended in the ledger. */
export const toOutcome = (ending: LedgerEnding): TaskOutcome => {
  switch (ending.kind) {
    case 'completed':
      return ending;
    case 'failed': {
      const error = toTaskError(ending.error);
      return { kind: 'failed', error, reason: ending.error.reason ?? 'exhausted' };
    }
    case 'cancelled': {
      const { reason } = ending;
      const request = { requestedAt: new Date(), ...(reason === undefined ? {} : { reason }) };
      return { kind: 'cancelled', error: toCancelledError(request) };
    }
  }
};

const toTaskError = ({ message, metadata, code }: StoredTaskError): TaskError =>
  new TaskError(message, metadata, { code });
