import { beforeProcessEnds } from '@backend/deadline/beforeProcessEnds';
import { type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type LedgerError } from './LedgerError';
import { type LedgerOutbox } from './LedgerOutbox';

interface CommitWatchOptions {
  readonly outbox: Pick<LedgerOutbox, 'listCommitted'>;
  /** The tasks are there: their transaction is committed. */
  onCommitted(ids: readonly TaskId[]): void;
  /** Acts after so many milliseconds; answers what keeps it from acting. Default: a timer that holds no process. */
  readonly later?: (act: () => void, delayMs: number) => () => void;
  /** Acts when nothing else keeps the process; answers what keeps it from acting. Default: `beforeProcessEnds`. */
  readonly atEnd?: (act: () => void) => () => void;
  /** A clock that never goes back; milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** Notices that transactions of other code are committed. */
export interface CommitWatch {
  /** This task was inserted in a transaction that is open. */
  watch(id: TaskId): void;
  /** Watches none any more, nor any that is to be watched later. */
  stop(): void;
}

/** How long a task is watched: a transaction that takes longer, or was rolled back, is left to the relay's next look. */
const PATIENCE_MS = 60_000;

/** Between two looks for one task; milliseconds. */
const GAP_MS = { shortest: 1, longest: 100 };

/** What a look is late by at most, in parts of the time that the transaction has taken. */
const PARTS = 16;

interface Watched {
  readonly sinceMs: number;
  nextAtMs: number;
}

const holdNothing = (act: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(act, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/**
 * Creates a commit watch. Only the caller of a transaction knows when it is committed, and its client may have no way to tell:
 * so the ledger is asked, every millisecond at first and the less often the longer it takes, in one query for all that is due; and
 * once more for all when the process has nothing else to do.
 */
export const createCommitWatch = (options: CommitWatchOptions): CommitWatch => {
  const { outbox, onCommitted, now = () => performance.now() } = options;
  const { later = holdNothing, atEnd = beforeProcessEnds } = options;
  const watched = new Map<TaskId, Watched>();
  let cancel: (() => void) | undefined;
  let cancelEnd: (() => void) | undefined;
  let isLooking = false;
  let isStopped = false;

  const plan = (): void => {
    cancel?.();
    cancel = undefined;
    if (watched.size === 0) {
      cancelEnd?.();
      cancelEnd = undefined;
    }
    if (isLooking || watched.size === 0) return;
    cancelEnd ??= atEnd(lookLast);
    const nextAtMs = [...watched.values()].reduce((next, each) => Math.min(next, each.nextAtMs), Infinity);
    cancel = later(() => void look(), Math.max(GAP_MS.shortest, nextAtMs - now()));
  };
  const look = async (): Promise<void> => {
    isLooking = true;
    const due = [...watched]
      .filter(([, { nextAtMs }]) => nextAtMs <= now() + GAP_MS.shortest)
      .map(([id]) => id);
    const found: Result<readonly TaskId[], LedgerError> = await outbox.listCommitted(due);
    // A ledger that does not answer now is asked again; after all, the relay finds what is there.
    const committed = found.unwrapOr([]).filter((id) => watched.delete(id));
    for (const id of due) putOff(id);
    isLooking = false;
    plan();
    if (committed.length > 0) onCommitted(committed);
  };
  /** No transaction of this process goes on any more: what is not committed now never will be. */
  const lookLast = (): void => {
    cancelEnd = undefined;
    const ids = [...watched.keys()];
    watched.clear();
    plan();
    void outbox.listCommitted(ids).then((found) => {
      const committed = found.unwrapOr([]);
      if (committed.length > 0) onCommitted(committed);
    });
  };
  const putOff = (id: TaskId): void => {
    const each = watched.get(id);
    if (each === undefined) return;
    const takenMs = now() - each.sinceMs;
    if (takenMs >= PATIENCE_MS) watched.delete(id);
    else each.nextAtMs = now() + Math.min(GAP_MS.longest, Math.max(GAP_MS.shortest, takenMs / PARTS));
  };

  return {
    watch: (id) => {
      if (isStopped) return;
      const sinceMs = now();
      watched.set(id, { sinceMs, nextAtMs: sinceMs + GAP_MS.shortest });
      plan();
    },
    stop: () => {
      isStopped = true;
      watched.clear();
      plan();
    },
  };
};
