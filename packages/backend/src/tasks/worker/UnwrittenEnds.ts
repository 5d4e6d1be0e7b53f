import { settleWithin } from '@backend/deadline/settleWithin';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type LedgerEntry } from '../ledger/LedgerEntry';
import { type LedgerError } from '../ledger/LedgerError';
import { type EndAnswer, type EndedAttempt, type LedgerWriter } from '../ledger/LedgerWriter';
import { createSoloWork } from '../ledger/SoloWork';

/** Ends that BullMQ was told of, and the ledger was not: it did not answer, and tasks do not wait for it. */
export interface UnwrittenEnds {
  /**
   * Keeps an end; of too many the oldest are dropped, and the reconciler finds those in their queues whose tasks the ledger knows.
   * After the stop it keeps none, and answers false.
   *
   * @param entry Its task, to be written down too if the ledger does not know it.
   */
  add(end: EndedAttempt, entry: LedgerEntry): boolean;
  /** Whether an end of a task is kept: a later one has to wait behind it. */
  has(id: TaskId): boolean;
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
  /** Characters of the payload, of what goes with it, and of the outcome. */
  readonly size: number;
}

/** Ends that are kept. */
const MAX_ENDS = 10_000;

/** Characters of all that is kept. */
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
  /** By task; the oldest first. */
  const ends = new Map<TaskId, readonly UnwrittenEnd[]>();
  let count = 0;
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const keep = (kept: UnwrittenEnd): void => {
    ends.set(kept.end.id, [...(ends.get(kept.end.id) ?? []), kept]);
    count += 1;
    size += kept.size;
  };
  const drop = (dropped: UnwrittenEnd): void => {
    const { id } = dropped.end;
    const kept = ends.get(id) ?? [];
    const others = kept.filter((each) => each !== dropped);
    count -= kept.length - others.length;
    size -= kept.length === others.length ? 0 : dropped.size;
    if (others.length > 0) ends.set(id, others);
    else ends.delete(id);
  };
  /** Of each task the end that came first: what is written at the same time has no order. */
  const firsts = (): readonly UnwrittenEnd[] => [...ends.values()].flatMap(([first]) => first ?? []);
  /** Whether the ledger has answered for good, be it with no: an end that it refuses must not keep the others waiting. */
  const isSettled = ({ end }: UnwrittenEnd, answer: Result<EndAnswer, LedgerError>): boolean => {
    if (answer.isOk()) return true;
    const { code, message: reason } = answer.error;
    if (code !== 'ledger-refused') return false;
    log.warn('refused', REFUSED_MESSAGE, { taskId: end.id, attempt: end.attempt, reason });
    return true;
  };
  const writeEnd = async ({ end, entry }: UnwrittenEnd): Promise<Result<EndAnswer, LedgerError>> => {
    const answer = await writer.end(end);
    const isUnknown = answer.isOk() && answer.value.kind === 'absent';
    return isUnknown ? writer.endUnknown(entry, end) : answer;
  };
  /** Answers whether all are written. */
  const writeBatch = async (batch: readonly UnwrittenEnd[]): Promise<boolean> => {
    const answers = await Promise.all(batch.map(writeEnd));
    const settled = batch.filter((each, index) => {
      const answer = answers[index];
      return answer !== undefined && isSettled(each, answer);
    });
    for (const each of settled) drop(each);
    return settled.length === batch.length;
  };
  const writeOnce = async (): Promise<void> => {
    while (count > 0) if (!(await writeBatch(firsts().slice(0, BATCH)))) return;
    rest();
  };
  const { run: write } = createSoloWork(writeOnce);
  return {
    add: (end, entry) => {
      if (isStopped) return false;
      const added = { end, entry, size: JSON.stringify([entry.envelope, end.outcome]).length };
      keep(added);
      while (isTooMuch(count, size)) {
        const [[oldest] = []] = ends.values();
        if (oldest === undefined) break;
        drop(oldest);
        log.warn('dropped', DROPPED_MESSAGE, {});
      }
      timer ??= setInterval(() => void write(), INTERVAL_MS);
      timer.unref();
      return true;
    },
    has: (id) => ends.has(id),
    write,
    stop: async (patienceMs) => {
      isStopped = true;
      rest();
      await settleWithin(write(), patienceMs);
      if (count > 0) logger.warn(LEFT_MESSAGE, { count });
    },
  };
};

const isTooMuch = (count: number, size: number): boolean => count > MAX_ENDS || size > MAX_SIZE;
