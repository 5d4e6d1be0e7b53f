import { settleWithin } from '@backend/deadline/settleWithin';
import { type OutboxLag } from '@backend/tasks/ledger/LedgerOutbox';
import { type TaskLedger } from '@backend/tasks/ledger/TaskLedger';
import { err, type Result } from 'neverthrow';
import { Gauge, type Registry } from 'prom-client';

/** Asks how far the queues are behind the ledger; answers in time. */
export type ReadLag = () => Promise<Result<OutboxLag, Error>>;

interface LagSource {
  readonly ledger: { readonly outbox: Pick<TaskLedger['outbox'], 'lag'> };
  /** Milliseconds the ledger may take for all that it does, being opened included. */
  readonly deadlineMs: number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Creates what asks a ledger for its lag. */
export const createLagReader =
  ({ ledger, deadlineMs, now = Date.now }: LagSource): ReadLag =>
  async () => {
    const settled = await settleWithin(ledger.outbox.lag(now()), deadlineMs);
    return settled.isErr() ? err(settled.error) : settled.value;
  };

const gauge = (registry: Registry, name: string, help: string, value: number): void =>
  new Gauge({ name, help, registers: [registry] }).set(value);

/** Adds the metrics of the ledger to a registry that is made for one request: what is not known now is not told. */
export const addLedgerMetrics = (registry: Registry, lag: Result<OutboxLag, Error>): void => {
  gauge(registry, 'drover_ledger_up', 'Whether the ledger answers and takes writes.', lag.isOk() ? 1 : 0);
  if (lag.isErr()) return;
  const { count, oldestMs, aheadMs } = lag.value;
  gauge(
    registry,
    'drover_ledger_unpublished_tasks',
    'Tasks of the ledger that are not on their queue yet.',
    count,
  );
  gauge(
    registry,
    'drover_ledger_oldest_unpublished_seconds',
    'How long the first of them has waited, or how far one is in the future; 0 without any.',
    Math.max(oldestMs, aheadMs) / 1000,
  );
};
