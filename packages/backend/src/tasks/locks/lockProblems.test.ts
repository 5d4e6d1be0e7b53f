import { describe, expect, it } from 'bun:test';
import { lockProblems } from './lockProblems';

const long = 'x'.repeat(513);

describe('lockProblems', () => {
  it.each([
    ['the shortest', { key: 'k', holder: 'h', ttlMs: 1 }],
    ['the longest', { key: 'x'.repeat(512), holder: 'x'.repeat(512), ttlMs: 2 ** 31 - 1 }],
    ['a key alone', { key: 'k' }],
    ['characters that mean something to Redis', { key: 'a:{b}*\r\n\u0000', holder: '\ud800' }],
  ])('finds nothing in %s', (_what, call) => {
    expect(lockProblems(call)).toEqual([]);
  });

  it.each([
    ['an empty key', { key: '' }, 'expected key to be a text of 1 to 512 characters, got ""'],
    [
      'a key that is too long',
      { key: long },
      `expected key to be a text of 1 to 512 characters, got "${'x'.repeat(79)}`,
    ],
    ['a key that is no text', { key: 7 }, 'expected key to be a text of 1 to 512 characters, got 7'],
    [
      'an empty holder',
      { key: 'k', holder: '' },
      'expected holder to be a text of 1 to 512 characters, got ""',
    ],
    [
      'a holder that was forgotten',
      { key: 'k', holder: undefined },
      'expected holder to be a text of 1 to 512 characters, got undefined',
    ],
    [
      'no time',
      { key: 'k', holder: 'h', ttlMs: 0 },
      'expected ttlMs to be an integer from 1 to 2147483647, got 0',
    ],
    ['half a millisecond', { key: 'k', holder: 'h', ttlMs: 0.5 }, / got 0\.5$/],
    ['too long a time', { key: 'k', holder: 'h', ttlMs: 2 ** 31 }, / got 2147483648$/],
    ['a time in text', { key: 'k', holder: 'h', ttlMs: '30' }, / got "30"$/],
    ['a time that was forgotten', { key: 'k', holder: 'h', ttlMs: undefined }, / got undefined$/],
  ])('names field, value and rule of %s', (_what, call, problem) => {
    expect(lockProblems(call)).toEqual([
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    ]);
  });

  it('names all at once', () => {
    expect(lockProblems({ key: '', holder: '', ttlMs: -1 })).toHaveLength(3);
  });
});
