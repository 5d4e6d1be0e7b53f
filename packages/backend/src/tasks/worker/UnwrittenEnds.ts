import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type EndedAttempt, type LedgerWriter } from '../ledger/LedgerWriter';
import { createSoloWork } from '../ledger/SoloWork';

/** Ends that BullMQ was told of, and the ledger was not: it did not answer, and tasks do not wait for it. */
export interface UnwrittenEnds {
  /** Keeps an end; of too many the oldest are dropped, and the reconciler finds them in their queues. */
  add(end: EndedAttempt): void;
  /** Writes what it can; called by the timer, public for tests. Never rejects. */
  write(): Promise<void>;
  stop(): void;
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

/** Creates a place for ends of one worker. Its timer runs while there are any, and holds no process. */
export const createUnwrittenEnds = ({ writer, logger }: UnwrittenEndsOptions): UnwrittenEnds => {
  const log = createRateLimitedLog({ logger });
  let ends: EndedAttempt[] = [];
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const writeOnce = async (): Promise<void> => {
    while (ends.length > 0) {
      const batch = ends.slice(0, BATCH);
      const written = await Promise.all(batch.map((end) => writer.end(end)));
      const failed = new Set(batch.filter((_end, index) => written[index]?.isErr() === true));
      ends = ends.filter((end) => !batch.includes(end) || failed.has(end));
      if (failed.size > 0) return;
    }
    stop();
  };
  const { run: write } = createSoloWork(writeOnce);
  return {
    add: (end) => {
      ends.push(end);
      if (ends.length > MAX_ENDS) {
        ends.shift();
        log.warn('dropped', 'More ends wait for the ledger than are kept; the reconciler writes them', {});
      }
      timer ??= setInterval(() => void write(), INTERVAL_MS);
      timer.unref();
    },
    write,
    stop,
  };
};
