import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { CorrelationId, correlationIdSchema, parseCorrelationId } from './CorrelationId';

const characters = [...'ABCXYZabcxyz0123456789._:-'];
const validIds = fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 128 });

describe('CorrelationId', () => {
  it('makes a new UUIDv7 each time, which it accepts itself', () => {
    const made = CorrelationId();

    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(CorrelationId(made)).toBe(made);
    expect(CorrelationId()).not.toBe(made);
  });

  it('takes over any id of the permitted characters unchanged', () => {
    fc.assert(fc.property(validIds, (id) => String(CorrelationId(id)) === id));
  });

  it.each(['', ' ', 'a b', 'a\n', '\na', 'a"b', 'ä', 'a/b', 'x'.repeat(129)])('refuses %j', (value) => {
    expect(() => CorrelationId(value)).toThrow('expected CorrelationId to be 1..128 characters');
  });

  it('names the value it refuses', () => {
    expect(() => CorrelationId('a b')).toThrow(
      'expected CorrelationId to be 1..128 characters of A-Z a-z 0-9 . _ : -, got "a b"',
    );
  });

  it('is not a plain string for the compiler', () => {
    // @ts-expect-error a string has to be checked first
    const id: CorrelationId = 'abc';
    expect(CorrelationId('abc')).toBe(id);
  });
});

describe('parseCorrelationId', () => {
  it('agrees with the schema on every value and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), validIds), (value) => {
        return parseCorrelationId(value).isOk() === correlationIdSchema.safeParse(value).success;
      }),
    );
  });

  it('names the field in the issue', () => {
    expect(parseCorrelationId(7)._unsafeUnwrapErr().issues).toEqual([
      { path: 'CorrelationId', message: 'expected 1..128 characters of A-Z a-z 0-9 . _ : -' },
    ]);
  });
});
