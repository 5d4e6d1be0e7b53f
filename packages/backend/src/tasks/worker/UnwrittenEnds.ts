import { settleWithin } from '@backend/deadline/settleWithin';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type EndedAttempt, type LedgerWriter } from '../ledger/LedgerWriter';
import { createSoloWork } from '../ledger/SoloWork';

/** Ends that BullMQ was told of, and the ledger was not: it did not answer, and tasks do not wait for it. */
export interface UnwrittenEnds {
  /**
   * Keeps an end; of too many the oldest are dropped, and the reconciler finds them in their queues. After the stop it keeps
   * none.
   */
  add(end: EndedAttempt): void;
  /** Writes what it can, and drops what is refused; called by the timer, public for tests. Never rejects. */
  write(): Promise<void>;
  /** Writes what it can in `patienceMs` milliseconds, and says how many are left. Never rejects. */
  stop(patienceMs: number): Promise<void>;
}

interface UnwrittenEndsOptions {
  readonly writer: Pick<LedgerWriter, 'end'>;
  readonly logger: ILogger;
}

/** Ends that are kept. */
const MAX_ENDS = 10_000;

/** Ends that are written together. */
const BATCH = 200;

/** Between two tries; milliseconds. */
const INTERVAL_MS = 1000;

/** What a worker says of an end that will never be written; the end was logged when it was not written at first. */
const REFUSED_MESSAGE = 'The ledger refuses the end of an attempt, which is not tried again';

/** What a worker says that stops while the ledger is away. */
const LEFT_MESSAGE = 'Ends of attempts are not in the ledger at the stop; the reconciler writes them';

/** Creates a place for ends of one worker. Its timer runs while there are any, and holds no process. */
export const createUnwrittenEnds = ({ writer, logger }: UnwrittenEndsOptions): UnwrittenEnds => {
  const log = createRateLimitedLog({ logger });
  let ends: EndedAttempt[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  /** Whether the ledger has answered for good, be it with no: an end that it refuses must not keep the others waiting. */
  const writeOne = async (end: EndedAttempt): Promise<boolean> => {
    const written = await writer.end(end);
    if (written.isOk()) return true;
    const { code, message: reason } = written.error;
    if (code !== 'ledger-refused') return false;
    log.warn('refused', REFUSED_MESSAGE, { taskId: end.id, attempt: end.attempt, reason });
    return true;
  };
  const writeOnce = async (): Promise<void> => {
    while (ends.length > 0) {
      const batch = ends.slice(0, BATCH);
      const isDone = await Promise.all(batch.map(writeOne));
      const done = new Set(batch.filter((_end, index) => isDone[index]));
      ends = ends.filter((end) => !done.has(end));
      if (done.size < batch.length) return;
    }
    rest();
  };
  const { run: write } = createSoloWork(writeOnce);
  return {
    add: (end) => {
      if (isStopped) return;
      ends.push(end);
      if (ends.length > MAX_ENDS) {
        ends.shift();
        log.warn('dropped', 'More ends wait for the ledger than are kept; the reconciler writes them', {});
      }
      timer ??= setInterval(() => void write(), INTERVAL_MS);
      timer.unref();
    },
    write,
    stop: async (patienceMs) => {
      isStopped = true;
      rest();
      await settleWithin(write(), patienceMs);
      if (ends.length > 0) logger.warn(LEFT_MESSAGE, { count: ends.length });
    },
  };
};
