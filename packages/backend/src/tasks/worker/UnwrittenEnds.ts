import { settleWithin } from '@backend/deadline/settleWithin';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type Result } from 'neverthrow';
import { type LedgerEntry } from '../ledger/LedgerEntry';
import { type LedgerError } from '../ledger/LedgerError';
import { type EndAnswer, type EndedAttempt, type LedgerWriter } from '../ledger/LedgerWriter';
import { createSoloWork } from '../ledger/SoloWork';

/** Ends that BullMQ was told of, and the ledger was not: it did not answer, and tasks do not wait for it. */
export interface UnwrittenEnds {
  /**
   * Keeps an end; of too many the oldest are dropped, and the reconciler finds those in their queues whose tasks the ledger knows.
   * After the stop it keeps none.
   *
   * @param entry Its task, to be written down too if the ledger does not know it.
   */
  add(end: EndedAttempt, entry: LedgerEntry): void;
  /** Writes what it can, and drops what is refused; called by the timer, public for tests. Never rejects. */
  write(): Promise<void>;
  /** Writes what it can in `patienceMs` milliseconds, and says how many are left. Never rejects. */
  stop(patienceMs: number): Promise<void>;
}

interface UnwrittenEndsOptions {
  readonly writer: Pick<LedgerWriter, 'end' | 'endUnknown'>;
  readonly logger: ILogger;
}

interface UnwrittenEnd {
  readonly end: EndedAttempt;
  readonly entry: LedgerEntry;
  /** Characters of the payload and what goes with it. */
  readonly size: number;
}

/** Ends that are kept. */
const MAX_ENDS = 10_000;

/** Characters of the payloads that are kept with them. */
const MAX_SIZE = 50_000_000;

/** Ends that are written together. */
const BATCH = 200;

/** Between two tries; milliseconds. */
const INTERVAL_MS = 1000;

/** What a worker says of an end that will never be written; the end was logged when it was not written at first. */
const REFUSED_MESSAGE = 'The ledger refuses the end of an attempt, which is not tried again';

/** What a worker says of ends that it has no room for. */
const DROPPED_MESSAGE =
  'More ends wait for the ledger than are kept; the reconciler writes those of tasks that the ledger knows';

/** What a worker says that stops while the ledger is away. */
const LEFT_MESSAGE =
  'Ends of attempts are not in the ledger at the stop; the reconciler writes those of tasks that the ledger knows';

/** Creates a place for ends of one worker. Its timer runs while there are any, and holds no process. */
export const createUnwrittenEnds = ({ writer, logger }: UnwrittenEndsOptions): UnwrittenEnds => {
  const log = createRateLimitedLog({ logger });
  let ends: UnwrittenEnd[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const drop = (dropped: ReadonlySet<UnwrittenEnd>): void => {
    ends = ends.filter((each) => !dropped.has(each));
    size = ends.reduce((sum, each) => sum + each.size, 0);
  };
  /** Whether the ledger has answered for good, be it with no: an end that it refuses must not keep the others waiting. */
  const isSettled = ({ end }: UnwrittenEnd, answer: Result<EndAnswer, LedgerError>): boolean => {
    if (answer.isOk()) return true;
    const { code, message: reason } = answer.error;
    if (code !== 'ledger-refused') return false;
    log.warn('refused', REFUSED_MESSAGE, { taskId: end.id, attempt: end.attempt, reason });
    return true;
  };
  /** Those of tasks that are not known one after the other: two of them may be of one task. Answers whether all are written. */
  const writeBatch = async (batch: readonly UnwrittenEnd[]): Promise<boolean> => {
    const answers = await Promise.all(
      batch.map(async (each) => ({ each, answer: await writer.end(each.end) })),
    );
    const settled = new Set<UnwrittenEnd>();
    for (const { each, answer } of answers) {
      const isUnknown = answer.isOk() && answer.value.kind === 'absent';
      const written = isUnknown ? await writer.endUnknown(each.entry, each.end) : answer;
      if (isSettled(each, written)) settled.add(each);
      else if (isUnknown) break;
    }
    drop(settled);
    return settled.size === batch.length;
  };
  const writeOnce = async (): Promise<void> => {
    while (ends.length > 0) if (!(await writeBatch(ends.slice(0, BATCH)))) return;
    rest();
  };
  const { run: write } = createSoloWork(writeOnce);
  return {
    add: (end, entry) => {
      if (isStopped) return;
      const added = { end, entry, size: JSON.stringify(entry.envelope).length };
      ends.push(added);
      size += added.size;
      for (let [oldest] = ends; oldest !== undefined && isTooMuch(ends.length, size); [oldest] = ends) {
        size -= oldest.size;
        ends.shift();
        log.warn('dropped', DROPPED_MESSAGE, {});
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

const isTooMuch = (count: number, size: number): boolean => count > MAX_ENDS || size > MAX_SIZE;
