import { describe, expect, it } from 'bun:test';
import { cancelReasonProblem, toCancelledError } from './CancelRequest';

describe('cancelReasonProblem', () => {
  it.each([[undefined], ['x'], ['x'.repeat(1000)]])('accepts %p', (reason) => {
    expect(cancelReasonProblem(reason)).toBe(undefined);
  });

  it.each([
    ['', '""'],
    ['x'.repeat(1001), '1001 characters'],
    [7, '7'],
    [null, 'null'],
  ])('refuses %p', (reason, got) => {
    expect(cancelReasonProblem(reason)).toBe(
      `expected reason to be a text of 1 to 1000 characters, got ${got}`,
    );
  });
});

describe('toCancelledError', () => {
  const requestedAt = new Date();

  it('carries the reason of the caller', () => {
    const { code, message, metadata } = toCancelledError({ requestedAt, reason: 'the order was withdrawn' });

    expect({ code, message, metadata }).toEqual({
      code: 'cancelled',
      message: 'the task was cancelled: the order was withdrawn',
      metadata: { reason: 'the order was withdrawn' },
    });
  });

  it('does without one', () => {
    const { message, metadata } = toCancelledError({ requestedAt });

    expect({ message, metadata }).toEqual({ message: 'the task was cancelled', metadata: {} });
  });
});
