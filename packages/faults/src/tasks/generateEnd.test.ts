import { describe, expect, it } from 'bun:test';
import { Err, Ok } from 'neverthrow';
import { generateEnd } from './generateEnd';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

type Way = 'return' | 'ok' | 'err' | 'throw' | 'reject' | 'thenable';

interface End {
  readonly way: Way;
  readonly value: unknown;
}

/** What a seed ends in, and how: a promise and a thenable are waited for, as a worker does. */
const endOf = async (seed: number): Promise<End> => {
  let ended: unknown;
  try {
    ended = generateEnd(seed);
  } catch (error) {
    return { way: 'throw', value: error };
  }
  if (ended instanceof Ok) return { way: 'ok', value: ended.value };
  if (ended instanceof Err) return { way: 'err', value: ended.error };
  if (ended instanceof Promise) return endOfPromise('reject', ended);
  if (isThenable(ended)) return endOfPromise('thenable', ended);
  return { way: 'return', value: ended };
};

/** The value stays within an end: no promise can hold one that refuses to be read. */
const endOfPromise = (way: Way, ended: PromiseLike<unknown>): Promise<End> =>
  new Promise((resolve, reject) => {
    ended.then(
      () => reject(new Error('expected it to reject')),
      (value: unknown) => resolve({ way, value }),
    );
  });

const isThenable = (ended: unknown): ended is PromiseLike<unknown> =>
  look(() => typeof Reflect.get(Object(ended), 'then')) === 'function';

/** Some values refuse to be looked at. */
const look = (read: () => string): string => {
  try {
    return read();
  } catch (error) {
    return `it says ${error}`;
  }
};

/** A value in words, without the place where it was made. */
const toWords = (value: unknown): string =>
  look(() => (value instanceof Error ? `${value.name}: ${value.message}` : Bun.inspect(value)));

const describeEnds = async (): Promise<readonly string[]> => {
  const ends = await Promise.all(SEEDS.map(endOf));
  return ends.map(({ way, value }) => `${way} ${toWords(value)}`);
};

describe('generateEnd', () => {
  it('ends in the same way with the same value whenever the seed is the same', async () => {
    expect(await describeEnds()).toEqual([...(await describeEnds())]);
  });

  it('ends otherwise with another seed', async () => {
    expect(new Set(await describeEnds()).size).toBeGreaterThan(SEEDS.length / 2);
  });

  it('ends in each of all ways', async () => {
    const ends = await Promise.all(SEEDS.map(endOf));

    expect([...new Set(ends.map(({ way }) => way))].toSorted()).toEqual([
      'err',
      'ok',
      'reject',
      'return',
      'thenable',
      'throw',
    ]);
  });

  it.each<[string, (value: unknown) => boolean]>([
    ['a value without JSON', (value) => typeof value === 'symbol'],
    ['a function', (value) => typeof value === 'function'],
    ['NaN', Number.isNaN],
    ['a text of a million characters', (value) => typeof value === 'string' && value.length >= 1_000_000],
    ['an error with a message of a million characters', (value) => toWords(value).startsWith('Error: xxx')],
    ['an error that refuses to be read', (value) => toWords(value) === 'it says Error: refused to be read'],
    ['the error that BullMQ knows', (value) => toWords(value) === 'Error: bullmq:rateLimitExceeded'],
    [
      'an object that holds itself',
      (value) => typeof value === 'object' && look(() => String(Object(value)['self'] === value)) === 'true',
    ],
  ])('ends for some seed in %s', async (_what, isIt) => {
    const ends = await Promise.all(SEEDS.map(endOf));

    expect(ends.filter(({ value }) => isIt(value)).length).toBeGreaterThan(0);
  });
});
