import { describe, expect, it } from 'bun:test';
import { TaskError } from '../domain/TaskError';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { type AttemptOutcome } from '../ledger/LedgerWriter';
import { type LedgerEnding } from '../ledger/Standing';
import { toAttemptOutcome, toOutcome } from './toAttemptOutcome';

const error = new TaskError('SMTP refused', { host: 'a' });
const stored = { message: 'SMTP refused', code: 'task-failed', attempt: 2, metadata: { host: 'a' } } as const;

describe('toAttemptOutcome', () => {
  const cases: [outcome: TaskOutcome, written: AttemptOutcome][] = [
    [
      { kind: 'completed', value: { n: 1 } },
      { kind: 'completed', value: { n: 1 } },
    ],
    [
      { kind: 'failed', error, reason: 'exhausted' },
      { kind: 'failed', error: { ...stored, reason: 'exhausted' } },
    ],
    [
      { kind: 'retry', error, delayMs: 50 },
      { kind: 'retry', error: stored, dueAtMs: 1050 },
    ],
    [
      { kind: 'snoozed', error, delayMs: 50 },
      { kind: 'snoozed', dueAtMs: 1050 },
    ],
    [{ kind: 'released', error }, { kind: 'released' }],
    [
      { kind: 'cancelled', error: new TaskError('x', { reason: 'not needed' }, { code: 'cancelled' }) },
      { kind: 'cancelled', reason: 'not needed' },
    ],
    [{ kind: 'cancelled', error: new TaskError('x') }, { kind: 'cancelled' }],
  ];

  it.each(cases)('writes %p as %p', (outcome, written) => {
    expect(toAttemptOutcome({ outcome, attempt: 2, endedAtMs: 1000 })).toEqual(written);
  });
});

describe('toOutcome', () => {
  const cases: [ending: LedgerEnding, outcome: object][] = [
    [
      { kind: 'completed', value: 7 },
      { kind: 'completed', value: 7 },
    ],
    [
      { kind: 'failed', error: { ...stored, reason: 'timeout' }, endedAtMs: 1 },
      {
        kind: 'failed',
        reason: 'timeout',
        error: { message: 'SMTP refused', code: 'task-failed', metadata: { host: 'a' } },
      },
    ],
    [
      { kind: 'failed', error: stored, endedAtMs: 1 },
      { kind: 'failed', reason: 'exhausted' },
    ],
    [
      { kind: 'cancelled', reason: 'not needed' },
      { kind: 'cancelled', error: { code: 'cancelled', message: 'the task was cancelled: not needed' } },
    ],
    [{ kind: 'cancelled' }, { kind: 'cancelled', error: { message: 'the task was cancelled' } }],
  ];

  it.each(cases)('settles %p again', (ending, outcome) => {
    expect(toOutcome(ending)).toMatchObject(outcome);
  });
});
