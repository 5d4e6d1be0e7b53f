import { err, ok, type Result } from 'neverthrow';
import { type LedgerError } from './LedgerError';

/** Writes items in groups. */
export interface GroupCommit<Item, Answer> {
  /** Answers when the item's group is written. */
  add(item: Item): Promise<Result<Answer, LedgerError>>;
  /** Resolves when everything that was added is written, or refused. */
  settled(): Promise<void>;
}

interface GroupCommitOptions<Item, Answer> {
  /** Writes items in one go; an answer for each, in their order. Never rejects. */
  write(items: readonly Item[]): Promise<Result<readonly Answer[], LedgerError>>;
  /** Characters of an item, about. */
  sizeOf(item: Item): number;
  /** Groups that are written at the same time, at most. Default: 1. */
  readonly maxGroups?: number;
}

/** Items of one group, at most. */
const MAX_ITEMS = 500;

/** Characters of one group, about; a single item may be larger. */
const MAX_SIZE = 4_000_000;

/** Fewer items make no further group beside one that is being written: they would pay more than they would wait. */
const MIN_FURTHER_ITEMS = 8;

/** How long a group is kept open while more come; milliseconds, about what a durable write takes. */
const MAX_GATHER_MS = 3;

interface Waiter<Item, Answer> {
  readonly item: Item;
  resolve(answer: Result<Answer, LedgerError>): void;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Creates a group commit: what is added in one turn of the event loop is written together, and what is added while as many groups
 * as may be are being written makes the next. A group stays open for a moment while each turn brings more, so that many share the price of a
 * durable write; who is alone waits for nobody.
 */
export const createGroupCommit = <Item, Answer>({
  write,
  sizeOf,
  maxGroups = 1,
}: GroupCommitOptions<Item, Answer>): GroupCommit<Item, Answer> => {
  type Waiting = Waiter<Item, Answer>;
  let waiting: Waiting[] = [];
  const groups = new Set<Promise<void>>();
  let isGathering = false;

  const answer = async (group: readonly Waiting[]): Promise<void> => {
    const written = await write(group.map(({ item }) => item));
    // What one item is refused for must not take the others with it: in halves, it is found in a few writes.
    if (written.isErr() && written.error.code === 'ledger-refused' && group.length > 1) {
      const middle = Math.ceil(group.length / 2);
      await answer(group.slice(0, middle));
      await answer(group.slice(middle));
      return;
    }
    for (const [index, { resolve }] of group.entries()) {
      // `write` answers one for each.
      resolve(written.isErr() ? err(written.error) : ok(written.value[index] as Answer));
    }
  };
  const takeGroup = (): readonly Waiting[] => {
    let size = 0;
    const fits = ({ item }: Waiting, index: number): boolean => {
      size += sizeOf(item);
      return index === 0 || (index < MAX_ITEMS && size <= MAX_SIZE);
    };
    const tooMany = waiting.findIndex((each, index) => !fits(each, index));
    const group = tooMany === -1 ? waiting : waiting.slice(0, tooMany);
    waiting = tooMany === -1 ? [] : waiting.slice(tooMany);
    return group;
  };
  const gather = async (): Promise<void> => {
    const endsAtMs = performance.now() + MAX_GATHER_MS;
    let count: number;
    do {
      count = waiting.length;
      await nextTurn();
    } while (waiting.length > count && waiting.length < MAX_ITEMS && performance.now() < endsAtMs);
  };
  const mayBegin = (): boolean =>
    !isGathering &&
    (groups.size === 0 ? waiting.length > 0 : groups.size < maxGroups && waiting.length >= MIN_FURTHER_ITEMS);
  const begin = async (): Promise<void> => {
    isGathering = true;
    await gather();
    isGathering = false;
    const group = answer(takeGroup()).then(() => {
      groups.delete(group);
      if (mayBegin()) void begin();
    });
    groups.add(group);
    if (mayBegin()) void begin();
  };
  return {
    add: (item) =>
      new Promise((resolve) => {
        waiting.push({ item, resolve });
        if (mayBegin()) void begin();
      }),
    settled: async () => {
      while (waiting.length > 0 || groups.size > 0)
        await (groups.size > 0 ? Promise.race(groups) : nextTurn());
    },
  };
};
