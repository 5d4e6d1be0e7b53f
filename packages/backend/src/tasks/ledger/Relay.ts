import { type ILogger } from '@backend/logger/Logger';
import { type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type LedgerError } from './LedgerError';
import { type OutboxLag } from './LedgerOutbox';
import { toOldTimes } from './OldTimes';
import { publishClaimed, publishNamed } from './publishBatch';
import { type PublishedTasks, type PublishJob, type UnplacedTask } from './publishTasks';
import { createRelayLog } from './RelayLog';
import { createSoloWork } from './SoloWork';
import { type TaskLedger } from './TaskLedger';

interface LedgerRelayOptions {
  readonly ledger: Pick<TaskLedger, 'outbox'>;
  readonly publish: PublishJob;
  readonly logger: ILogger;
  /** Tasks that are published at the same time; >= 1. */
  readonly batchSize: number;
  /** Milliseconds between two looks; >= 1. */
  readonly intervalMs: number;
  /** Leaves younger tasks to the process that schedules them; milliseconds, >= 0. */
  readonly minAgeMs: number;
  /** How long no other relay takes what this one has; milliseconds, longer than a publication takes. */
  readonly leaseMs: number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Puts tasks of the ledger on their queues that are not there yet. Any number of relays may run. */
export interface LedgerRelay {
  /**
   * Publishes batch after batch until nothing is left, or nothing of a batch got through; or joins the look that is under way.
   * Answers how many tasks were published. Called by the timer. Never rejects.
   */
  look(): Promise<number>;
  /** Publishes these tasks at once, however young, up to so many that wait. */
  nudge(ids: readonly TaskId[]): void;
  /** Looks now and from then on. The timer holds no process. */
  start(): void;
  /** Ends the looking; resolves when what is under way has ended. */
  stop(): Promise<void>;
}

const isUnreached = ({ error }: UnplacedTask): boolean =>
  error.code === 'unreachable' || error.code === 'unconfirmed';

/** So many named tasks wait, while Redis is away say; the looks find the others. */
export const MAX_NUDGED = 10_000;

/** Creates a relay. Free: it does nothing until it is asked, or started. */
export const createLedgerRelay = (options: LedgerRelayOptions): LedgerRelay => {
  const { ledger, publish, logger, batchSize, intervalMs, minAgeMs, leaseMs, now = Date.now } = options;
  const { outbox } = ledger;
  const parts = { outbox, publish };
  const log = createRelayLog(logger);
  const nudged = new Set<TaskId>();
  let isStopped = false;

  const told = (batch: Result<PublishedTasks, LedgerError>): PublishedTasks | undefined => {
    if (batch.isErr()) log.ledgerAway(batch.error);
    else log.unplaced(batch.value.unplaced);
    return batch.unwrapOr(undefined);
  };
  const lookOnce = async (): Promise<number> => {
    let publishedCount = 0;
    for (;;) {
      const nowMs = now();
      const claim = { limit: batchSize, created: toOldTimes(nowMs, minAgeMs), nowMs, leaseMs };
      const batch = told(await publishClaimed(parts, claim));
      if (batch === undefined) return publishedCount;
      publishedCount += batch.placedCount;
      // A batch of which nothing got through is followed by others like it: the next look tries again.
      const isLast = batch.count < batchSize || batch.placedCount === 0;
      if (batch.unplaced.length > 0 && isLast) return publishedCount;
      if (isLast || isStopped) break;
    }
    if (log.isBehind()) await sayWhetherBehind();
    return publishedCount;
  };
  /** What Redis refused is claimed, and not seen by the next looks: only the ledger knows what is left. */
  const sayWhetherBehind = async (): Promise<void> => {
    const lag = await outbox.lag(now());
    if (lag.isErr()) log.ledgerAway(lag.error);
    else if (isLate(lag.value)) log.stillBehind(lag.value);
    else log.caughtUp();
  };
  const isLate = ({ oldestMs, aheadMs }: OutboxLag): boolean =>
    Math.max(oldestMs, aheadMs) > minAgeMs + intervalMs;
  const publishNudged = async (): Promise<void> => {
    while (nudged.size > 0) {
      const ids = [...nudged].slice(0, batchSize);
      for (const id of ids) nudged.delete(id);
      const batch = told(await publishNamed(parts, { ids, nowMs: now() }));
      // Each further batch would wait as long for a Redis that is away, and keep a process that is to end; the looks find them.
      if (batch === undefined || batch.unplaced.some(isUnreached)) nudged.clear();
    }
  };

  const looking = createSoloWork(lookOnce);
  const nudging = createSoloWork(publishNudged);
  const look = (): Promise<number> => looking.run();
  let timer: NodeJS.Timeout | undefined;
  return {
    look,
    nudge: (ids) => {
      for (const id of ids.slice(0, MAX_NUDGED - nudged.size)) nudged.add(id);
      void nudging.run();
    },
    start: () => {
      isStopped = false;
      timer ??= setInterval(() => void look(), intervalMs);
      timer.unref();
      void look();
    },
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      timer = undefined;
      await Promise.all([looking.settled(), nudging.settled()]);
    },
  };
};
