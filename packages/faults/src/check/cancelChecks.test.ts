import { describe, expect, it } from 'bun:test';
import { calledAtMsOf, toCall, toEvidence, toHistory, toSnapshot } from './__fixtures__/historyFixture';
import { checkCancelled } from './cancelChecks';
import { type CancelHistory } from './History';

const FROM_MS = calledAtMsOf(0) + 20;

/** A task with one run, cancelled a while after that began. */
const check = ({
  answer,
  home = 'cancelled',
  afterMs = 100,
}: {
  readonly answer?: CancelHistory['answer'];
  readonly home?: string;
  readonly afterMs?: number;
}) => {
  const final = toSnapshot({ homes: [home], view: undefined });
  const cancellation = answer === undefined ? undefined : { answer, answeredAtMs: FROM_MS + afterMs };
  const calls = [toCall(0, { settled: final, final, cancellation })];
  return checkCancelled(toHistory({ calls, evidence: toEvidence(0, { fromMs: FROM_MS }) }));
};

const violation = (message: string) => [
  { invariant: 'cancelled' as const, message: `call 0: ${message}`, taskId: 'task-0' },
];

describe('checkCancelled', () => {
  it.each([
    { answer: 'running' },
    { answer: 'running', home: 'completed' },
    { answer: 'running', afterMs: -900 },
    { answer: 'cancelled' },
    { answer: 'ended', home: 'completed' },
    { answer: 'unknown', home: 'completed' },
    { answer: 'unknown', home: 'cancelled', afterMs: -5000 },
    { home: 'completed' },
  ] as const)('finds nothing wrong with %j', (given) => {
    expect(check(given)).toEqual([]);
  });

  it.each([
    ['was answered running, and began 1001 ms later', { answer: 'running', afterMs: -1001 }],
    ['was answered cancelled, and began 1 ms later', { answer: 'cancelled', afterMs: -1 }],
    ['was cancelled, and is completed', { answer: 'cancelled', home: 'completed' }],
    ['had ended, and is cancelled', { answer: 'ended' }],
    ['is cancelled, by nobody', {}],
  ] as const)('reports a task that %s', (message, given) => {
    expect(check(given)).toEqual(violation(message));
  });
});
