import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { parseRunOptions } from './RunOptions';

const knownNames = ['scheduleMany', 'idleCost', 'startUp'];

describe('parseRunOptions', () => {
  it('runs everything seven times when nothing is asked for', () => {
    expect(parseRunOptions({ args: [], iterations: undefined, knownNames })).toEqual(
      ok({ iterationCount: 7, names: knownNames }),
    );
  });

  it('takes the flags before the environment, and the benchmarks in the order of the list', () => {
    const args = ['--iterations', '5', '--only', 'startUp', '--only', 'scheduleMany'];

    expect(parseRunOptions({ args, iterations: '1', knownNames })).toEqual(
      ok({ iterationCount: 5, names: ['scheduleMany', 'startUp'] }),
    );
  });

  it('takes ITERATIONS, and an empty one for none', () => {
    const iterationCounts = ['1', ''].map((iterations) =>
      parseRunOptions({ args: [], iterations, knownNames }).map(({ iterationCount }) => iterationCount),
    );

    expect(iterationCounts).toEqual([ok(1), ok(7)]);
  });

  it.each(['0', '-1', '2.5', 'many', '1001'])('refuses %p iterations', (iterations) => {
    expect(parseRunOptions({ args: [], iterations, knownNames })).toEqual(
      err(`expected iterations to be an integer from 1 to 1000, got "${iterations}"`),
    );
  });

  it('refuses a benchmark it does not know, and lists the known ones', () => {
    expect(parseRunOptions({ args: ['--only', 'fly'], iterations: undefined, knownNames })).toEqual(
      err('expected --only to be one of scheduleMany, idleCost, startUp, got "fly"'),
    );
  });

  it('refuses a flag it does not know', () => {
    const options = parseRunOptions({ args: ['--quick'], iterations: undefined, knownNames });

    expect(options.isErr() && options.error).toContain("Unknown option '--quick'");
  });
});
