import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Numbers that a seed decides: the same seed gives the same numbers, in the same order. */
export interface Random {
  /** An integer; both ends included. */
  integer(min: number, max: number): number;
  /** One of several. */
  pick<T>(choices: readonly T[]): T;
}

/** Creates the numbers of a seed: any integer of 32 bits. */
export const createRandom = (seed: number): Random => {
  const generator = xoroshiro128plus(seed);
  const integer = (min: number, max: number): number => uniformInt(generator, min, max);
  return {
    integer,
    pick: (choices) => {
      const choice = choices[integer(0, choices.length - 1)];
      if (choice === undefined) throw new Error('expected at least one choice, got none');
      return choice;
    },
  };
};
