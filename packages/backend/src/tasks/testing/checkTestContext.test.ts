import { describe, expect, it } from 'bun:test';
import { createTestContext } from './TestContext';
import { TestingError } from './TestingError';

describe('checkTestContext', () => {
  const wrong: [given: unknown, message: string][] = [
    [{ attempt: 0 }, 'expected context.attempt to be an integer from 1 to 1000, got 0'],
    [{ attempt: Number.NaN }, 'expected context.attempt to be an integer from 1 to 1000, got NaN'],
    [{ foo: 1 }, 'unknown option context.foo.'],
    [{ atempt: 2 }, 'unknown option context.atempt. Did you mean "attempt"?'],
    [{ taskId: 'x' }, 'expected context.taskId to be a task id, such as TaskId(), got "x"'],
    [{ signal: {} }, 'expected context.signal to be an AbortSignal, got {}'],
    [{ startedAt: 0 }, 'expected context.startedAt to be a valid Date, got 0'],
    [null, 'expected the context to be an object, got null'],
  ];

  it.each(wrong)('refuses %p, as createTestContext does', (given, message) => {
    expect(() => createTestContext(given as never)).toThrow(new TestingError(message));
  });

  it('lets parts be left out', () => {
    expect(createTestContext({ attempt: undefined as never }).attempt).toBe(1);
  });
});
