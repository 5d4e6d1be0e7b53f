import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { DEFAULT_RETRY_POLICY } from './RetryPolicy';
import { TASK_ERROR_CODES, TaskError, type TaskErrorCode } from './TaskError';
import { decideOutcome, type OutcomeRules, type TaskOutcome } from './TaskOutcome';

const rules: OutcomeRules = { attempt: 1, maxAttempts: 3, retry: DEFAULT_RETRY_POLICY, random: 0 };

const errorOf = (code: TaskErrorCode): TaskError => new TaskError('it failed', {}, { code, snoozeMs: 70 });

describe('decideOutcome', () => {
  it.each([['value'], [undefined], [null], [{ success: false }]])(
    'completes the task with ok(%j)',
    (value) => {
      expect(decideOutcome(ok(value), rules)).toEqual({ kind: 'completed', value });
    },
  );

  const firstAttempt: [code: TaskErrorCode, outcome: Omit<TaskOutcome, 'error'>][] = [
    ['task-failed', { kind: 'retry', delayMs: 1100 } as const],
    ['timeout', { kind: 'retry', delayMs: 1100 } as const],
    ['crashed', { kind: 'retry', delayMs: 1100 } as const],
    ['retry-later', { kind: 'snoozed', delayMs: 70 } as const],
    ['shutdown', { kind: 'released' }],
    ['fatal', { kind: 'failed', reason: 'fatal' } as const],
    ['invalid-payload', { kind: 'failed', reason: 'invalid-payload' } as const],
    ['invalid-output', { kind: 'failed', reason: 'invalid-output' } as const],
    ['crash-loop', { kind: 'failed', reason: 'crash-loop' } as const],
  ];

  it.each(firstAttempt)('code %s in attempt 1 of 3 ends in %j', (code, outcome) => {
    const error = errorOf(code);

    expect(decideOutcome(err(error), rules)).toEqual({ ...outcome, error } as TaskOutcome);
  });

  it('knows an outcome for every code', () => {
    expect(firstAttempt.map(([code]) => code).sort()).toEqual([...TASK_ERROR_CODES].sort());
  });

  const lastAttempt: [code: TaskErrorCode, attempt: number, maxAttempts: number, outcome: object][] = [
    ['task-failed', 2, 3, { kind: 'retry', delayMs: 2200 }],
    ['task-failed', 3, 3, { kind: 'failed', reason: 'exhausted' }],
    ['task-failed', 4, 3, { kind: 'failed', reason: 'exhausted' }],
    ['task-failed', 1, 1, { kind: 'failed', reason: 'exhausted' }],
    ['timeout', 3, 3, { kind: 'failed', reason: 'timeout' }],
    ['crashed', 4, 3, { kind: 'failed', reason: 'exhausted' }],
    ['retry-later', 3, 3, { kind: 'snoozed', delayMs: 70 }],
    ['shutdown', 3, 3, { kind: 'released' }],
    ['fatal', 3, 3, { kind: 'failed', reason: 'fatal' }],
  ];

  it.each(lastAttempt)('code %s in attempt %i of %i ends in %j', (code, attempt, maxAttempts, outcome) => {
    expect(decideOutcome(err(errorOf(code)), { ...rules, attempt, maxAttempts })).toMatchObject(outcome);
  });

  it('fails the task as fatal when retryOn says no, whatever attempts are left', () => {
    const outcomes = (['task-failed', 'timeout', 'crashed'] as const).map((code) =>
      decideOutcome(err(errorOf(code)), { ...rules, retryOn: () => false }),
    );

    expect(outcomes).toMatchObject(Array(3).fill({ kind: 'failed', reason: 'fatal' }));
  });

  it('does not ask retryOn where there is nothing to decide', () => {
    const asked: Error[] = [];
    const retryOn = (error: Error): boolean => asked.push(error) > 0;
    for (const code of ['fatal', 'retry-later', 'shutdown', 'invalid-payload', 'invalid-output'] as const) {
      decideOutcome(err(errorOf(code)), { ...rules, retryOn });
    }

    expect(asked).toEqual([]);
  });

  it('shows retryOn the error that was thrown', () => {
    const cause = new RangeError('too far');
    const asked: Error[] = [];
    const retryOn = (error: Error): boolean => asked.push(error) > 0;
    decideOutcome(err(new TaskError('too far', {}, { cause })), { ...rules, retryOn });
    const bare = new TaskError('bare', {}, { cause: 'a text' });
    decideOutcome(err(bare), { ...rules, retryOn });

    expect(asked).toEqual([cause, bare]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('predicate broken');
      },
    ],
    ['forgets to answer', () => undefined as unknown as boolean],
  ])('tries again when retryOn %s', (_what, retryOn) => {
    expect(decideOutcome(err(errorOf('task-failed')), { ...rules, retryOn }).kind).toBe('retry');
  });
});
