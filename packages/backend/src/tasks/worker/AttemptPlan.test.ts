import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { backoffDelayMs } from '../domain/RetryPolicy';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskOverrides } from '../domain/TaskEnvelope';
import { type TaskOptions } from '../domain/TaskOptions';
import { planAttempt, type TaskDefaults } from './AttemptPlan';

const defaults: TaskDefaults = { maxAttempts: 3, backoffMs: 1000, timeoutMs: 30_000 };

const plan = (
  options: TaskOptions,
  { overrides = {}, ...changes }: Partial<TaskDefaults> & { overrides?: TaskOverrides } = {},
) =>
  planAttempt({
    task: defineTask({ queueName: 'a:b', schema: z.unknown(), handler: () => ok(1), options }),
    overrides,
    defaults: { ...defaults, ...changes },
    attemptsMade: 0,
    crashCount: 0,
  });

const waits = (...given: Parameters<typeof plan>): number[] => {
  const { retry } = plan(...given);
  return [1, 2, 3].map((attempt) => backoffDelayMs({ ...retry, jitter: false }, attempt, 0));
};

describe('planAttempt', () => {
  it.each([
    [0, 0, 1],
    [2, 0, 3],
    [0, 2, 3],
    [1, 1, 3],
  ])('after %i attempts and %i crashes, attempt %i begins', (attemptsMade, crashCount, attempt) => {
    const task = defineTask({ queueName: 'a:b', schema: z.unknown(), handler: () => ok(1) });

    expect(planAttempt({ task, overrides: {}, defaults, attemptsMade, crashCount }).attempt).toBe(attempt);
  });

  it.each(['maxAttempts', 'timeoutMs'] as const)(
    'takes %s from the call, else the definition, else the configuration',
    (field) => {
      expect([
        plan({ [field]: 5 }, { overrides: { [field]: 9 } })[field],
        plan({ [field]: 5 })[field],
        plan({})[field],
      ]).toEqual([9, 5, defaults[field]]);
    },
  );

  it.each([
    ['nothing named', {}, [1000, 2000, 4000]],
    ['backoffMs', { backoffMs: 70 }, [70, 70, 70]],
    ['backoffMs above the usual cap', { backoffMs: 600_000 }, [600_000, 600_000, 600_000]],
    ['only a first wait', { retry: { initialDelayMs: 10 } }, [10, 20, 40]],
    ['linear', { retry: { backoff: 'linear' } }, [1000, 2000, 3000]],
    ['linear with a first wait', { retry: { backoff: 'linear', initialDelayMs: 50 } }, [50, 100, 150]],
    [
      'linear with an increment',
      { retry: { backoff: 'linear', initialDelayMs: 50, incrementMs: 1 } },
      [50, 51, 52],
    ],
    ['a cap', { retry: { maxDelayMs: 1500 } }, [1000, 1500, 1500]],
    ['a cap below the first wait', { retry: { initialDelayMs: 50, maxDelayMs: 20 } }, [20, 20, 20]],
    [
      'steps longer than the usual cap',
      { retry: { backoff: 'steps', stepsMs: [1, 3_600_000] } },
      [1, 3_600_000, 3_600_000],
    ],
    [
      'a first wait longer than the usual cap',
      { retry: { initialDelayMs: 600_000 } },
      [600_000, 600_000, 600_000],
    ],
  ] satisfies [string, TaskOptions, number[]][])(
    'waits as the definition says: %s',
    (_what, options, expected) => {
      expect(waits(options)).toEqual(expected);
    },
  );

  it.each([
    [{}, [5000, 10_000, 20_000]],
    [{ retry: { backoff: 'linear' } }, [5000, 10_000, 15_000]],
    [{ backoffMs: 70 }, [70, 70, 70]],
  ] satisfies [TaskOptions, number[]][])(
    'with a configured first wait of 5 s, waits for %j %j',
    (options, expected) => {
      expect(waits(options, { backoffMs: 5000 })).toEqual(expected);
    },
  );

  it.each([
    [{ retry: { backoff: 'steps', stepsMs: [1, 2] } }, { backoffMs: 70 }, [70, 70, 70]],
    [{ backoffMs: 70 }, { backoffMs: 0 }, [0, 0, 0]],
    [{}, {}, [1000, 2000, 4000]],
    [{ retry: { initialDelayMs: 10, multiplier: 3 } }, { retry: { initialDelayMs: 20 } }, [20, 60, 180]],
    [{ retry: { maxDelayMs: 20 } }, { retry: { initialDelayMs: 10 } }, [10, 20, 20]],
    [{ backoffMs: 70 }, { retry: { backoff: 'linear', incrementMs: 5 } }, [70, 75, 80]],
    [{}, { retry: { backoff: 'steps', stepsMs: [5, 600_000] } }, [5, 600_000, 600_000]],
  ] satisfies [TaskOptions, TaskOverrides, number[]][])(
    'for %j lets the call say %j',
    (options, overrides, expected) => {
      expect(waits(options, { overrides })).toEqual(expected);
    },
  );

  it('adds jitter unless backoffMs or the definition says no', () => {
    const jitters = [
      {},
      { backoffMs: 5 },
      { retry: { jitter: false } },
      { backoffMs: 5, retry: { jitter: true } },
    ].map((options) => plan(options).retry.jitter);

    expect(jitters).toEqual([true, false, false, true]);
  });

  it('adds no jitter to the wait that the call names', () => {
    const overrides = { backoffMs: 600_000 };

    expect(plan({}, { overrides }).retry).toMatchObject({ jitter: false, initialDelayMs: 600_000 });
  });

  it('takes a field of retry that is undefined for one that is left out', () => {
    const retry = {
      backoff: undefined,
      initialDelayMs: undefined,
      multiplier: undefined,
      maxDelayMs: undefined,
    };

    expect(plan({ retry } as unknown as TaskOptions).retry).toEqual(plan({}).retry);
  });

  it('hands on retryOn, which is no part of the policy', () => {
    const retryOn = (): boolean => false;
    const { retry, retryOn: handedOn } = plan({ retry: { retryOn } });

    expect(handedOn).toBe(retryOn);
    expect('retryOn' in retry).toBe(false);
  });
});
