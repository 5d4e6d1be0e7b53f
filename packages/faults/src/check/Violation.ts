import { type History } from './History';

/** What must hold whatever goes wrong, by name. */
export const INVARIANTS = {
  'one-end': 'every acknowledged task ends in exactly one terminal status',
  runs: 'a task runs once, and once more for each fault that touched it; never twice at a time in one process',
  answered: 'schedule answers within its deadline and 2 s',
  cancelled: 'a task that is cancelled does not begin again, and ends as it was answered',
  'failed-early': 'nothing is failed with attempts left unless fatal, invalid, expired or crash-loop',
  early: 'nothing starts before it is due',
  late: 'with a live worker and a reachable Redis nothing waits longer than lock + 2 x interval + 1 s',
  'late-run': 'a late run changes nothing of a settled task',
  'stray-error':
    'no error reaches nobody, nothing is printed to standard error, and no process ends by itself',
  calm: 'while a fault lasts a worker uses less than 25 % of a processor and logs at most 5 errors a second',
  keys: 'the keys in Redis return to what they were',
  correlation: 'every line of a task carries its correlation ID',
  stop: 'a worker that is asked to stop ends in time, with 0',
  recorded:
    'with a ledger every acknowledged task is in it once, completed once at most, and as it is in Redis',
  'at-rest': 'in the end no row of the ledger is unfinished or on no queue, and no job is unfinished',
  'no-rerun': 'a task that has ended in the ledger is not run again',
  effects: 'the transaction in which a handler completes its task happens exactly once',
  'as-promised': 'what the case promises beyond that: how often tasks run, how one fails, how a worker ends',
  reported: 'lost data and clocks that differ are reported',
} as const;

/** The name of an invariant. */
export type InvariantName = keyof typeof INVARIANTS;

/** An invariant that did not hold. */
export interface Violation {
  readonly invariant: InvariantName;
  /** What was expected, what was got. */
  readonly message: string;
  readonly taskId?: string | undefined;
}

/** Looks for violations of one invariant. Pure. */
export type Check = (history: History) => readonly Violation[];
