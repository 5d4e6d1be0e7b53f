import { type OpenStanding, type Standing } from '../ledger/Standing';
import { type Attempt } from './Attempt';

/**
 * Counts an attempt on from those that the ledger knows: a Redis that went back in time, to a replica that was behind, say, has
 * forgotten some. Pure. Where the ledger knows no more than the queue the attempt stays as it is.
 */
export const countAttempt = (attempt: Attempt, standing: Standing): Attempt => {
  if (standing.kind !== 'open') return attempt;
  const number = attemptsMade(standing, attempt.delivery.crashCount) + 1;
  const { plan } = attempt;
  if (!(number > plan.attempt)) return attempt;
  const crashCount = Math.max(plan.crashCount, standing.crashCount);
  return { ...attempt, plan: { ...plan, attempt: number, crashCount } };
};

/**
 * One that runs has not ended, unless the queue knows of a crash that the ledger has yet to hear of. The queue counts on from what
 * the ledger knows (`AttemptStandings`), also after it has gone back in time.
 */
const attemptsMade = ({ attempt, isRunning, crashCount }: OpenStanding, toldCrashes: number): number =>
  isRunning && toldCrashes <= crashCount ? attempt - 1 : attempt;
