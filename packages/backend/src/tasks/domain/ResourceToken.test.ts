import { describe, expect, it } from 'bun:test';
import { ResourceToken, resolveFrom, showToken, tokenListProblems } from './ResourceToken';
import { TaskError } from './TaskError';

class Pool {}

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (thrown) {
    return thrown;
  }
};

describe('ResourceToken', () => {
  it('makes a token of its own at each call, whatever the name', () => {
    expect(new Set([ResourceToken('pool'), ResourceToken('pool')]).size).toBe(2);
  });
});

describe('showToken', () => {
  it.each([
    [ResourceToken('database pool'), '"database pool"'],
    [Symbol('mailer'), '"mailer"'],
    [Symbol(), '"without a name"'],
    ['clock', '"clock"'],
    [Pool, '"Pool"'],
  ])('names %p', (token, shown) => {
    expect(showToken(token)).toBe(shown);
  });
});

describe('tokenListProblems', () => {
  it.each([
    [undefined, []],
    [[], []],
    [['pool', Pool, Symbol('pool')], []],
    ['pool', ['expected resources to be a list of tokens, got "pool"']],
    [
      ['', 7],
      [
        'expected resources[0] to be a token (ResourceToken(name), a class, a symbol or a text), got ""',
        'expected resources[1] to be a token (ResourceToken(name), a class, a symbol or a text), got 7',
      ],
    ],
    [['pool', 'pool'], ['expected every token once in resources, got "pool" again']],
  ])('checks %p', (tokens, problems) => {
    expect(tokenListProblems('resources', tokens)).toEqual(problems);
  });
});

describe('resolveFrom', () => {
  const token = ResourceToken<number>('database pool');

  it('finds what was given', () => {
    const resolve = resolveFrom([
      [token, 7],
      ['nothing', undefined],
    ]);

    expect([resolve(token), resolve('nothing')]).toEqual([7, undefined]);
  });

  it.each([
    [[], 'no resource is registered as "databse pool". None is known.'],
    [
      [
        [token, 7],
        ['mailer', 8],
      ] as const,
      'no resource is registered as "databse pool". Did you mean "database pool"? Known are: "database pool", "mailer"',
    ],
  ])('refuses a token that nothing was given for', (values, message) => {
    const error = thrownBy(() => resolveFrom(values)(ResourceToken('databse pool')));

    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ code: 'fatal', message });
  });

  it.each([undefined, null, 7, {}])(
    'refuses for good %p, which is no token, and names what is known',
    (value) => {
      const error = thrownBy(() => resolveFrom([[token, 7]])(value as never));

      expect(error).toBeInstanceOf(TaskError);
      expect(error).toMatchObject({
        code: 'fatal',
        message: `expected what is resolved to be a token (ResourceToken(name), a class, a symbol or a text), got ${JSON.stringify(value)}. Known are: "database pool"`,
      });
    },
  );
});
