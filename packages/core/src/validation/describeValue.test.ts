import { describe, expect, it } from 'bun:test';
import { describeValue } from './describeValue';

describe('describeValue', () => {
  it.each([
    ['x', '"x"'],
    ['line\nbreak', '"line\\nbreak"'],
    ['y'.repeat(61), `"${'y'.repeat(60)}..."`],
    [undefined, 'undefined'],
    [null, 'null'],
    [-5, '-5'],
    [5n, '5n'],
    [{ password: 'hunter2' }, 'an object'],
    [[1, 2], 'an array of 2'],
    [() => 1, 'a function'],
    [new Date(Number.NaN), 'the date Invalid Date'],
  ])('shows %p as %s', (value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });

  it('survives a revoked Proxy', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();

    expect(describeValue(proxy)).toBe('an unreadable object');
  });
});
