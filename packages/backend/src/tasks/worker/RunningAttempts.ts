import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type LedgerWriter, type RunningAttempt } from '../ledger/LedgerWriter';
import { createSoloWork } from '../ledger/SoloWork';

/** The attempts that run in a worker, as the ledger is told of them. */
export interface RunningAttempts {
  /** Notes an attempt that begins. Returns what ends that. */
  add(attempt: RunningAttempt): () => void;
  /** Tells the ledger of those that it is to hear of; called by the timer, public for tests. Never rejects. */
  tell(): Promise<void>;
  stop(): void;
}

interface RunningAttemptsOptions {
  readonly writer: Pick<LedgerWriter, 'touch'>;
  /** Milliseconds between two signs of life of an attempt. */
  readonly intervalMs: number;
  readonly logger: ILogger;
  /** Milliseconds since 1970. */
  now(): number;
}

/** An attempt that is over sooner is written down once, with its end; milliseconds. */
const FIRST_MS = 250;

interface Entry {
  readonly attempt: RunningAttempt;
  nextAtMs: number;
}

/**
 * Creates what tells the ledger of attempts, from the first one on: of each when it has run for a moment, and then again and
 * again, so that the reconciler knows that somebody has the task, also when Redis has lost it.
 */
export const createRunningAttempts = ({
  writer,
  intervalMs,
  logger,
  now,
}: RunningAttemptsOptions): RunningAttempts => {
  const log = createRateLimitedLog({ logger });
  const entries = new Set<Entry>();
  const tellOnce = async (): Promise<void> => {
    const nowMs = now();
    const due = [...entries].filter(({ nextAtMs }) => nextAtMs <= nowMs);
    if (due.length === 0) return;
    for (const entry of due) entry.nextAtMs = nowMs + intervalMs;
    const told = await writer.touch(
      due.map(({ attempt }) => attempt),
      nowMs,
    );
    if (told.isErr())
      log.warn('touch', 'The ledger was not told which tasks run', { reason: told.error.message });
  };
  const { run: tell } = createSoloWork(tellOnce);
  let timer: NodeJS.Timeout | undefined;
  return {
    add: (attempt) => {
      const entry = { attempt, nextAtMs: attempt.startedAtMs + FIRST_MS };
      entries.add(entry);
      timer ??= setInterval(() => void tell(), FIRST_MS).unref();
      return () => entries.delete(entry);
    },
    tell,
    stop: () => clearInterval(timer),
  };
};
