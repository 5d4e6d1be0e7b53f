import { describe, expect, it } from 'bun:test';
import { MAX_DELAY_MS, MAX_TIMER_MS } from './numberRule';
import { type TaskOptions } from './TaskOptions';
import { taskOptionProblems } from './taskOptionProblems';

describe('taskOptionProblems', () => {
  const fine: TaskOptions[] = [
    {},
    { priority: 'critical', maxAttempts: 1, backoffMs: 0, timeoutMs: 1 },
    { priority: 0, maxAttempts: 1000, backoffMs: MAX_DELAY_MS, timeoutMs: MAX_TIMER_MS },
    { retry: {} },
    { retry: { backoff: 'exponential', initialDelayMs: 0, multiplier: 1, maxDelayMs: 0, jitter: false } },
    { retry: { backoff: 'linear', incrementMs: 5, multiplier: 100, retryOn: () => true } },
    { retry: { backoff: 'steps', stepsMs: [0, MAX_DELAY_MS] } },
    { backoffMs: 5, retry: { retryOn: () => false } },
    { retention: {} },
    { isolate: true },
    { isolate: {} },
    { isolate: { maxMemoryMb: 64 } },
    { isolate: { maxMemoryMb: 1_048_576 } },
    {
      retention: {
        completed: { ageMs: 1000, count: 0 },
        failed: { count: 10_000_000 },
        cancelled: { count: 5 },
      },
    },
  ];

  it.each(fine)('accepts case %#', (options) => {
    expect(taskOptionProblems(options)).toEqual([]);
  });

  it('accepts no options', () => {
    expect(taskOptionProblems(undefined)).toEqual([]);
  });

  it('takes a field that is undefined for one that is left out', () => {
    const options = {
      priority: undefined,
      maxAttempts: undefined,
      retry: undefined,
      retention: { failed: undefined },
    };

    expect(taskOptionProblems(options)).toEqual([]);
  });

  const wrong: [options: unknown, problem: string][] = [
    [null, 'expected options to be an object, got null'],
    [[], 'expected options to be an object, got []'],
    ['fast', 'expected options to be an object, got "fast"'],
    [{ resources: 'pool' }, 'expected resources to be a list of tokens, got "pool"'],
    [
      { resources: ['pool', 7] },
      'expected resources[1] to be a token (ResourceToken(name), a class, a symbol or a text), got 7',
    ],
    [{ resources: ['pool', 'pool'] }, 'expected every token once in resources, got "pool" again'],
    [{ maxAttempts: 0 }, 'expected maxAttempts to be an integer from 1 to 1000, got 0'],
    [{ maxAttempts: 1001 }, 'expected maxAttempts to be an integer from 1 to 1000, got 1001'],
    [{ maxAttempts: '3' }, 'expected maxAttempts to be an integer from 1 to 1000, got "3"'],
    [{ maxAttempts: null }, 'expected maxAttempts to be an integer from 1 to 1000, got null'],
    [{ backoffMs: -5 }, 'expected backoffMs to be an integer from 0 to 315360000000, got -5'],
    [{ backoffMs: 1.5 }, 'expected backoffMs to be an integer from 0 to 315360000000, got 1.5'],
    [{ timeoutMs: 0 }, 'expected timeoutMs to be an integer from 1 to 2147483647, got 0'],
    [{ timeoutMs: 2 ** 31 }, 'expected timeoutMs to be an integer from 1 to 2147483647, got 2147483648'],
    [
      { priority: 'urgent' },
      'expected priority to be low, normal, high, critical or an integer from 0 to 100, got "urgent"',
    ],
    [{ maxAttempt: 3 }, 'unknown option maxAttempt. Did you mean "maxAttempts"?'],
    [{ concurrentRuns: 3 }, 'unknown option concurrentRuns.'],
    [{ retry: 3 }, 'expected retry to be an object, got 3'],
    [{ retry: { backof: 'fixed' } }, 'unknown option retry.backof. Did you mean "backoff"?'],
    [
      { retry: { backoff: 'random' } },
      'expected retry.backoff to be one of exponential, linear, fixed, steps, got "random"',
    ],
    [{ retry: { backoff: 'steps' } }, 'expected retry.stepsMs beside retry.backoff "steps", got undefined'],
    [{ retry: { stepsMs: [] } }, 'expected retry.stepsMs to be a list of at least one wait, got []'],
    [{ retry: { stepsMs: 5 } }, 'expected retry.stepsMs to be a list of at least one wait, got 5'],
    [
      { retry: { stepsMs: [1, -1] } },
      'expected retry.stepsMs[1] to be an integer from 0 to 315360000000, got -1',
    ],
    [
      { retry: { initialDelayMs: -1 } },
      'expected retry.initialDelayMs to be an integer from 0 to 315360000000, got -1',
    ],
    [
      { retry: { incrementMs: -1 } },
      'expected retry.incrementMs to be an integer from 0 to 315360000000, got -1',
    ],
    [
      { retry: { maxDelayMs: -1 } },
      'expected retry.maxDelayMs to be an integer from 0 to 315360000000, got -1',
    ],
    [{ retry: { multiplier: 0.5 } }, 'expected retry.multiplier to be a number from 1 to 100, got 0.5'],
    [{ retry: { multiplier: 101 } }, 'expected retry.multiplier to be a number from 1 to 100, got 101'],
    [
      { retry: { multiplier: Number.NaN } },
      'expected retry.multiplier to be a number from 1 to 100, got NaN',
    ],
    [{ retry: { jitter: 0.1 } }, 'expected retry.jitter to be a boolean, got 0.1'],
    [{ retry: { retryOn: true } }, 'expected retry.retryOn to be a function, got true'],
    [{ backoffMs: 5, retry: { backoff: 'fixed' } }, 'expected either backoffMs or retry.backoff, got both'],
    [{ isolate: false }, 'expected isolate to be true or an object, got false'],
    [{ isolate: 'yes' }, 'expected isolate to be true or an object, got "yes"'],
    [{ isolate: { maxMemory: 5 } }, 'unknown option isolate.maxMemory. Did you mean "maxMemoryMb"?'],
    [
      { isolate: { maxMemoryMb: 63 } },
      'expected isolate.maxMemoryMb to be an integer from 64 to 1048576, got 63',
    ],
    [
      { isolate: { maxMemoryMb: 1_048_577 } },
      'expected isolate.maxMemoryMb to be an integer from 64 to 1048576, got 1048577',
    ],
    [{ retention: 5 }, 'expected retention to be an object, got 5'],
    [{ retention: { completed: 5 } }, 'expected retention.completed to be an object, got 5'],
    [{ retention: { complete: {} } }, 'unknown option retention.complete. Did you mean "completed"?'],
    [
      { retention: { failed: { ageMs: 999 } } },
      'expected retention.failed.ageMs to be an integer from 1000 to 315360000000, got 999',
    ],
    [
      { retention: { completed: { count: -1 } } },
      'expected retention.completed.count to be an integer from 0 to 10000000, got -1',
    ],
    [
      { retention: { cancelled: { count: 1.5 } } },
      'expected retention.cancelled.count to be an integer from 0 to 10000000, got 1.5',
    ],
    [{ retention: { failed: { age: 5 } } }, 'unknown option retention.failed.age. Did you mean "ageMs"?'],
  ];

  it.each(wrong.map(([options, problem]) => [problem, options] as const))(
    'answers: %s',
    (problem, options) => {
      expect(taskOptionProblems(options)).toEqual([problem]);
    },
  );

  it('lists every problem at once', () => {
    const problems = taskOptionProblems({
      maxAttempts: 0,
      backoffMs: -1,
      priority: 'x',
      retry: { jitter: 1 },
    });

    expect(problems.map((problem) => problem.split(' to be')[0])).toEqual([
      'expected maxAttempts',
      'expected backoffMs',
      'expected priority',
      'expected retry.jitter',
    ]);
  });
});
