import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { compareNewestFirst, parseTaskCursor, toTaskCursor } from './TaskCursor';

const encode = (text: string): string => Buffer.from(text).toString('base64url');

describe('parseTaskCursor', () => {
  it('reads back what toTaskCursor wrote, whatever the id', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (id, name) => {
        expect(parseTaskCursor(toTaskCursor({ id, name }))).toEqual({ id, name });
      }),
    );
  });

  it.each([
    ['no text', 7],
    ['empty', ''],
    ['an id', '0190f5a0-0000-7000-8000-000000000000'],
    ['JSON of something else', encode('{"id":"1"}')],
    ['a list that is too short', encode('["1"]')],
    ['a list of other things', encode('[1,2]')],
    ['without an id', encode('["","a:b"]')],
    ['padded', `${toTaskCursor({ id: '1', name: 'a' })}=`],
  ])('knows nothing of what is %s', (_what, cursor) => {
    expect(parseTaskCursor(cursor)).toBeUndefined();
  });
});

describe('compareNewestFirst', () => {
  it('puts later ids first, and the same id of several names in the order of the names', () => {
    const places = ['1 b', '0190 a', '2 a', '1 a'].map((text) => {
      const [id = '', name = ''] = text.split(' ');
      return { id, name };
    });

    expect(places.toSorted(compareNewestFirst).map(({ id, name }) => `${id} ${name}`)).toEqual([
      '2 a',
      '1 a',
      '1 b',
      '0190 a',
    ]);
  });
});
