import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { createRandom } from './Random';

const seeds = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

describe('createRandom', () => {
  it('gives the same numbers for the same seed, in the same order', () => {
    const draw = (seed: number): readonly number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 20 }, () => random.integer(0, 1_000_000));
    };

    fc.assert(fc.property(seeds, (seed) => expect(draw(seed)).toEqual([...draw(seed)])));
  });

  it('gives other numbers for another seed', () => {
    const first = Array.from({ length: 100 }, (_, seed) => createRandom(seed).integer(0, 2 ** 31 - 1));

    expect(new Set(first).size).toBe(100);
  });

  it('gives neighbouring seeds moments all over a range, so that runs in a row differ', () => {
    const moments = Array.from({ length: 100 }, (_, seed) => createRandom(20261201 + seed).integer(0, 3999));

    const tenths = moments.map((moment) => Math.floor(moment / 400));
    expect(new Set(tenths).size).toBe(10);
  });

  it('draws every integer of a range, both ends included, and no other', () => {
    const random = createRandom(1);

    const drawn = new Set(Array.from({ length: 1000 }, () => random.integer(-2, 3)));

    expect([...drawn].toSorted((one, other) => one - other)).toEqual([-2, -1, 0, 1, 2, 3]);
  });

  it('draws the only integer of a range of one', () => {
    expect(createRandom(1).integer(7, 7)).toBe(7);
  });

  it('picks each of several choices', () => {
    const random = createRandom(1);

    const picked = new Set(Array.from({ length: 1000 }, () => random.pick(['a', 'b', 'c'])));

    expect([...picked].toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('picks the same as the integer of its seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => createRandom(seed).pick([0, 1, 2]) === createRandom(seed).integer(0, 2)),
    );
  });

  it('has nothing to pick among no choices', () => {
    expect(() => createRandom(1).pick([])).toThrow();
  });
});
