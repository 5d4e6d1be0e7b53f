import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';

/** Numbers that a seed decides: the same seed gives the same numbers, in the same order. */
export interface Random {
  /** An integer; both ends included. */
  integer(min: number, max: number): number;
  /** One of several. */
  pick<T>(choices: readonly T[]): T;
}

/**
 * Creates the numbers of a seed: any integer of 32 bits.
 *
 * The generator must spread its seed first: those of the xoroshiro family draw nearly the same number for
 * neighbouring seeds, and the bench counts its seeds up from run to run.
 */
export const createRandom = (seed: number): Random => {
  const generator = mersenne(seed);
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
