import { describe, expect, it } from 'bun:test';
import { type Standing } from '../ledger/Standing';
import { type Attempt } from './Attempt';
import { countAttempt } from './countAttempt';

const open = (attempt: number, isRunning: boolean, crashCount = 0): Standing => ({
  kind: 'open',
  attempt,
  isRunning,
  crashCount,
});

/** An attempt as its queue counts it. */
const delivered = (attempt: number, crashCount = 0): Attempt =>
  ({ delivery: { crashCount }, plan: { attempt, crashCount } }) as unknown as Attempt; // the parts that are read

describe('countAttempt', () => {
  const cases: [what: string, attempt: Attempt, standing: Standing, expected: readonly [number, number]][] = [
    ['goes by the queue before the first attempt', delivered(1), open(0, false), [1, 0]],
    ['goes by the queue of a task that the ledger does not know', delivered(2), { kind: 'absent' }, [2, 0]],
    ['goes by the queue where both know the same', delivered(3), open(2, false), [3, 0]],
    ['counts on from an attempt that the queue has forgotten', delivered(1), open(2, false), [3, 0]],
    ['takes an attempt that runs for one that has not ended', delivered(1), open(1, true), [1, 0]],
    ['takes it for ended when its worker died', delivered(2, 1), open(1, true), [2, 1]],
    ['counts a crash on that follows what was forgotten', delivered(2, 1), open(2, true), [3, 1]],
    ['counts a crash on from those that the queue was told of', delivered(3, 2), open(2, true, 1), [3, 2]],
    [
      'counts a crash on that follows forgotten attempts and told crashes',
      delivered(3, 2),
      open(4, true, 1),
      [5, 2],
    ],
    ['knows the crashes that the queue has forgotten', delivered(1), open(3, false, 2), [4, 2]],
    ['goes by the queue that knows more', delivered(4, 1), open(2, false), [4, 1]],
  ];

  it.each(cases)('%s', (_what, attempt, standing, expected) => {
    const { plan } = countAttempt(attempt, standing);

    expect([plan.attempt, plan.crashCount]).toEqual([...expected]);
  });
});
