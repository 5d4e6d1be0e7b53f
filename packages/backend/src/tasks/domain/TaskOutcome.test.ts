import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { DEFAULT_RETRY_POLICY } from './RetryPolicy';
import { TASK_ERROR_CODES, TaskError, type TaskErrorCode } from './TaskError';
import { decideOutcome, type OutcomeRules, type TaskOutcome } from './TaskOutcome';
import { toTaskError } from './toTaskError';

const rules: OutcomeRules = { attempt: 1, maxAttempts: 3, retry: DEFAULT_RETRY_POLICY, retryOn: undefined };

const decide = (result: Result<unknown, TaskError>, given: OutcomeRules): TaskOutcome =>
  decideOutcome(result, given, () => 0);

const errorOf = (code: TaskErrorCode): TaskError => new TaskError('it failed', {}, { code, snoozeMs: 70 });

describe('decideOutcome', () => {
  it.each([['value'], [undefined], [null], [{ success: false }]])(
    'completes the task with ok(%j)',
    (value) => {
      expect(decide(ok(value), rules)).toEqual({ kind: 'completed', value });
    },
  );

  const firstAttempt: [code: TaskErrorCode, outcome: object][] = [
    ['task-failed', { kind: 'retry', delayMs: 1100 }],
    ['timeout', { kind: 'retry', delayMs: 1100 }],
    ['crashed', { kind: 'retry', delayMs: 1100 }],
    ['process-died', { kind: 'retry', delayMs: 1100 }],
    ['memory-limit', { kind: 'retry', delayMs: 1100 }],
    ['retry-later', { kind: 'snoozed', delayMs: 70 }],
    ['shutdown', { kind: 'released' }],
    ['lost-lock', { kind: 'released' }],
    ['cancelled', { kind: 'cancelled' }],
    ['fatal', { kind: 'failed', reason: 'fatal' }],
    ['invalid-payload', { kind: 'failed', reason: 'invalid-payload' }],
    ['invalid-output', { kind: 'failed', reason: 'invalid-output' }],
    ['crash-loop', { kind: 'failed', reason: 'crash-loop' }],
    ['expired', { kind: 'failed', reason: 'expired' }],
  ];

  it.each(firstAttempt)('code %s in attempt 1 of 3 ends in %j', (code, outcome) => {
    const error = errorOf(code);

    expect(decide(err(error), rules)).toEqual({ ...outcome, error } as TaskOutcome);
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
    ['process-died', 3, 3, { kind: 'failed', reason: 'exhausted' }],
    ['memory-limit', 3, 3, { kind: 'failed', reason: 'exhausted' }],
    ['retry-later', 3, 3, { kind: 'snoozed', delayMs: 70 }],
    ['shutdown', 3, 3, { kind: 'released' }],
    ['cancelled', 3, 3, { kind: 'cancelled' }],
    ['fatal', 3, 3, { kind: 'failed', reason: 'fatal' }],
  ];

  it.each(lastAttempt)('code %s in attempt %i of %i ends in %j', (code, attempt, maxAttempts, outcome) => {
    expect(decide(err(errorOf(code)), { ...rules, attempt, maxAttempts })).toMatchObject(outcome);
  });

  it('fails the task as fatal when retryOn says no, whatever attempts are left', () => {
    const outcomes = (['task-failed', 'timeout', 'crashed'] as const).map((code) =>
      decide(err(errorOf(code)), { ...rules, retryOn: () => false }),
    );

    expect(outcomes).toMatchObject(Array(3).fill({ kind: 'failed', reason: 'fatal' }));
  });

  it('does not ask retryOn where there is nothing to decide', () => {
    const asked: Error[] = [];
    const retryOn = (error: Error): boolean => asked.push(error) > 0;
    for (const code of [
      'fatal',
      'retry-later',
      'shutdown',
      'lost-lock',
      'cancelled',
      'invalid-payload',
      'invalid-output',
    ] as const) {
      decide(err(errorOf(code)), { ...rules, retryOn });
    }

    expect(asked).toEqual([]);
  });

  it('shows retryOn the error that was thrown, and a TaskError of the handler as it is', () => {
    const thrown = new RangeError('too far');
    const own = new TaskError('refused', { status: 402 }, { cause: thrown });
    const asked: Error[] = [];
    const retryOn = (error: Error): boolean => asked.push(error) > 0;
    decide(err(toTaskError(thrown)), { ...rules, retryOn });
    decide(err(own), { ...rules, retryOn });

    expect(asked.map((error) => error === thrown || error === own)).toStrictEqual([true, true]);
    expect(asked).toStrictEqual([thrown, own]);
  });

  it.each([
    [true, 'retry'],
    [false, 'failed'],
  ] as const)(
    'does as retryOn has said (%j) where the error was made, and does not ask again',
    (answer, kind) => {
      const error = new TaskError('it failed', {}, { isWorthRetrying: answer });
      expect(decide(err(error), { ...rules, retryOn: () => !answer }).kind).toBe(kind);
    },
  );

  it.each([
    [
      'throws',
      () => {
        throw new Error('predicate broken');
      },
    ],
    ['is asynchronous', () => Promise.resolve(false) as unknown as boolean],
    ['is asynchronous and rejects', () => Promise.reject(new Error('boom')) as unknown as boolean],
    ['forgets to answer', () => undefined as unknown as boolean],
  ])('tries again when retryOn %s', async (_what, retryOn) => {
    expect(decide(err(errorOf('task-failed')), { ...rules, retryOn }).kind).toBe('retry');
    await Bun.sleep(0); // a rejection nobody handles would end the process here
  });
});
