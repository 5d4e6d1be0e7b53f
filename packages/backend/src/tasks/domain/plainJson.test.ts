import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { plainJsonBytes } from './plainJson';

const limits = { maxBytes: 10_000, maxDepth: 5 };

/** The same value where JSON says less than JavaScript: fields that are undefined, and the sign of zero. */
const toUnsigned = (value: unknown): unknown => {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(toUnsigned);
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, toUnsigned(field)]));
};

describe('plainJsonBytes', () => {
  it('bounds the size of what JSON gives back unchanged, whatever is plain', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
        const bytes = plainJsonBytes(value, limits);
        if (bytes === undefined) return;
        const text = JSON.stringify(value);
        expect(JSON.parse(text)).toEqual(toUnsigned(value));
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytes);
      }),
    );
  });

  it.each([
    ['a class instance', new Date(0)],
    ['a list of holes', Array(3)],
    ['a list with undefined', [undefined]],
    ['NaN', { n: Number.NaN }],
    ['a function', { toJSON: () => 1 }],
    ['an own __proto__', JSON.parse('{"__proto__":1}')],
    ['one level too many', [[[[[[1]]]]]]],
    ['more than fits', 'x'.repeat(10_000)],
  ])('wants a closer look at %s', (_what, value) => {
    expect(plainJsonBytes(value, limits)).toBe(undefined);
  });

  it('looks at a list that is shared at every level no more often than its size allows', () => {
    let shared: unknown = [1];
    for (let level = 0; level < 90; level += 1) shared = [shared, shared];

    expect(plainJsonBytes(shared, { maxBytes: 1000, maxDepth: 100 })).toBe(undefined);
  });
});
