import { describe, expect, it } from 'bun:test';
import { ResourceToken } from '../domain/ResourceToken';
import { defineResource, type ResourceDefinition, type ResourceSpecification } from './ResourceDefinition';

interface Pool {
  readonly size: number;
}

const poolToken = ResourceToken<Pool>('database pool');

const problemsOf = (given: object): readonly string[] =>
  defineResource({ token: 'pool', start: () => 1, ...given } as ResourceSpecification<unknown>).problems; // wrong on purpose

describe('defineResource', () => {
  it('completes what is left out, and opens nothing', () => {
    const pool = defineResource({
      token: poolToken,
      start: () => {
        throw new Error('opened');
      },
    });

    expect(pool).toEqual({
      token: poolToken,
      needs: [],
      startTimeoutMs: 30_000,
      stopTimeoutMs: 5000,
      problems: [],
      start: expect.any(Function),
      stop: expect.any(Function),
    });
    expect(Object.isFrozen(pool)).toBe(true);
    expect(pool.stop({ size: 1 })).toBeUndefined();
  });

  it.each([
    [
      { token: '' },
      'expected token to be a token (ResourceToken(name), a class, a symbol or a text), got ""',
    ],
    [{ token: 7 }, 'expected token to be a token (ResourceToken(name), a class, a symbol or a text), got 7'],
    [{ needs: 'config' }, 'expected needs to be a list of tokens, got "config"'],
    [
      { needs: [null] },
      'expected needs[0] to be a token (ResourceToken(name), a class, a symbol or a text), got null',
    ],
    [{ start: undefined }, 'expected start to be a function, got undefined'],
    [{ stop: 'close' }, 'expected stop to be a function, got "close"'],
    [{ startTimeoutMs: 0 }, 'expected startTimeoutMs to be an integer from 1 to 2147483647, got 0'],
    [{ stopTimeoutMs: 1.5 }, 'expected stopTimeoutMs to be an integer from 1 to 2147483647, got 1.5'],
    [{ stopTimoutMs: 10 }, 'unknown option stopTimoutMs. Did you mean "stopTimeoutMs"?'],
  ])('notes what is wrong with %j, without throwing', (given, problem) => {
    expect(problemsOf(given)).toEqual([problem]);
  });

  it('knows the type of its value from the token, and fits a plain list', () => {
    const list: ResourceDefinition[] = [
      defineResource({ token: poolToken, start: async () => ({ size: 3 }), stop: ({ size }) => size }),
      // @ts-expect-error the token promises a pool
      defineResource({ token: poolToken, start: () => 'no pool' }),
    ];

    expect(list).toHaveLength(2);
  });
});
