import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { describeUnknown } from './describeUnknown';

describe('describeUnknown', () => {
  it.each([
    ['an error', new TypeError('no'), 'no'],
    ['a string', 'text', 'text'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a BigInt', 12n, '12'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object', { a: 1 }, '[object Object]'],
  ])('describes %s', (_kind, value, expected) => {
    expect(describeUnknown(value)).toBe(expected);
  });

  it('survives values that throw when they are read', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();

    expect(describeUnknown(proxy)).toBe('[unreadable object]');
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (value) => typeof describeUnknown(value) === 'string'));
  });
});
