import { settleWithin } from '@backend/deadline/settleWithin';
import { DatabaseError } from './DatabaseError';

/** Pieces of work that run one after the other. */
export interface Turns {
  /** Runs `work` when all that was asked for before is over. Rejects with `busy` when that takes longer than the patience. */
  take<T>(work: () => Promise<T>, patienceMs: number): Promise<T>;
  /** Resolves when all that was asked for so far is over. */
  over(): Promise<void>;
}

/** Creates turns, in the order in which they are asked for. */
export const createTurns = (): Turns => {
  let last: Promise<void> | undefined;

  const waitFor = async (before: Promise<void>, patienceMs: number): Promise<void> => {
    if ((await settleWithin(before, patienceMs)).isOk()) return;
    const message = `the transactions of this process that were first took longer than ${patienceMs} ms`;
    throw new DatabaseError(message, { code: 'busy' });
  };

  return {
    take: (work, patienceMs) => {
      const before = last;
      const turn = before === undefined ? work() : waitFor(before, patienceMs).then(work);
      // Whoever gave up waiting lets nobody else in: the turn before is still going on.
      const over: Promise<void> = Promise.allSettled([before, turn]).then(() => {
        if (last === over) last = undefined;
      });
      last = over;
      return turn;
    },
    over: async () => {
      await last;
    },
  };
};
