import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { selectBatch, selectTexts, toBatch, toColumns, toStorableKey, toStorableText } from './batch';

const COLUMNS = toColumns(['id', 'number', 'ended_at'], ['number']);

describe('toColumns', () => {
  it('takes times, and what is listed, for integers', () => {
    expect(toColumns(['id', 'number', 'ended_at', 'claimed_until', 'status'], ['number'])).toEqual([
      { name: 'id', type: 'text' },
      { name: 'number', type: 'integer' },
      { name: 'ended_at', type: 'integer' },
      { name: 'claimed_until', type: 'integer' },
      { name: 'status', type: 'text' },
    ]);
  });
});

describe('selectBatch', () => {
  it('is a table of one parameter, in the words of each dialect', () => {
    expect([
      selectBatch('sqlite', COLUMNS),
      selectBatch('postgres', COLUMNS, '$2'),
      selectTexts('sqlite'),
    ]).toEqual([
      'SELECT e.value ->> 0 AS id, CAST(e.value ->> 1 AS BIGINT) AS number, CAST(e.value ->> 2 AS BIGINT) AS ended_at FROM json_each($1) AS e',
      'SELECT e.value ->> 0 AS id, CAST(e.value ->> 1 AS BIGINT) AS number, CAST(e.value ->> 2 AS BIGINT) AS ended_at FROM jsonb_array_elements(CAST(CAST($2 AS TEXT) AS JSONB)) AS e(value)',
      '(SELECT e.value ->> 0 AS text FROM json_each($1) AS e)',
    ]);
  });
});

describe('toStorableText', () => {
  it('puts a sign where a character cannot be stored, and leaves every other text alone', () => {
    expect(['a\0b', '\uD83D!', '\uDE00\uD83D', 'Grüße \u{1F600}', ''].map(toStorableText)).toEqual([
      'a\uFFFDb',
      '\uFFFD!',
      '\uFFFD\uFFFD',
      'Grüße \u{1F600}',
      '',
    ]);
  });
});

describe('toStorableKey', () => {
  const anyText = fc.string({
    unit: fc.constantFrom('a', '0', 'fffd', '0000', '\0', '\uFFFD', '\uD83D', '\uDE00', '\\', '😀'),
  });

  it('never makes one of two', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(toStorableKey(one) === toStorableKey(other)).toBe(one === other);
      }),
    );
  });

  it('holds nothing that a database refuses, and leaves a plain key alone', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const key = toStorableKey(text);
        expect([key.includes('\0'), key.isWellFormed()]).toEqual([false, true]);
      }),
    );
    expect(toStorableKey('order-1 C:\\x "é" 😀')).toBe('order-1 C:\\x "é" 😀');
  });
});

describe('toBatch', () => {
  it('is a list of lists', () => {
    expect(
      toBatch([
        ['a', 1, null],
        ['"\0', 2, 'b'],
      ]),
    ).toBe('[["a",1,null],["\\"\\u0000",2,"b"]]');
  });
});
