import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { allCases, buildScenario, findCase } from './buildScenario';
import { faultCases } from './faultCases';
import { mixedCase } from './mixedCase';
import { type Random } from './Random';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

/** Whether a case asks its seed for anything. */
const drawsNumbers = ({ build }: (typeof allCases)[number]): boolean => {
  let drawCount = 0;
  const random: Random = {
    integer: (min) => {
      drawCount += 1;
      return min;
    },
    pick: (choices) => {
      drawCount += 1;
      return choices[0] as (typeof choices)[number]; // every case picks among several
    },
  };
  build(random);
  return drawCount > 0;
};

const byName = allCases.map((faultCase) => [faultCase.name, faultCase] as const);

describe('allCases', () => {
  it('is every fault, the mixed one last', () => {
    expect(allCases).toEqual([...faultCases, mixedCase]);
  });

  it('gives each case a name of its own that fits into FAULT_ONLY and FAULT_SEED', () => {
    const names = allCases.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([]);
  });

  it('gives each case a summary of its own', () => {
    expect(new Set(allCases.map(({ summary }) => summary)).size).toBe(allCases.length);
  });
});

describe('buildScenario', () => {
  it.each(byName)('makes the same scenario of %s whenever the seed is the same', (_name, faultCase) => {
    const scenarios = SEEDS.map((seed) => buildScenario(faultCase, seed));

    expect(SEEDS.map((seed) => buildScenario(faultCase, seed))).toEqual(scenarios);
  });

  it.each(byName)('names %s and its seed, so that it can be replayed', (name, faultCase) => {
    const { name: caseName, seed } = buildScenario(faultCase, 7);

    expect({ caseName, seed }).toEqual({ caseName: name, seed: 7 });
  });

  it.each(byName)('makes of %s data that JSON gives back unchanged', (_name, faultCase) => {
    const scenario = buildScenario(faultCase, 7);

    // toEqual: a restartAfterMs of undefined is one that is not there.
    expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
  });

  it.each(byName.filter(([, faultCase]) => drawsNumbers(faultCase)))(
    'makes other scenarios of %s with other seeds',
    (_name, faultCase) => {
      const plans = SEEDS.map((seed) => JSON.stringify({ ...buildScenario(faultCase, seed), seed: 0 }));

      expect(new Set(plans).size).toBeGreaterThan(SEEDS.length / 2);
    },
  );

  it.each(byName.filter(([, faultCase]) => !drawsNumbers(faultCase)))(
    'makes one scenario of %s, which leaves nothing to its seed',
    (_name, faultCase) => {
      const plans = SEEDS.map((seed) => JSON.stringify({ ...buildScenario(faultCase, seed), seed: 0 }));

      expect(new Set(plans).size).toBe(1);
    },
  );

  it.each(byName)('makes of %s nothing but workers, calls and times that can be', (_name, faultCase) => {
    const wrong = SEEDS.map((seed) => buildScenario(faultCase, seed)).filter(
      ({ workerCount, concurrency, loads, faults }) =>
        workerCount < 1 ||
        concurrency < 1 ||
        loads.length < 1 ||
        loads.some(
          ({ atMs, count, spreadMs, delayMs = 0 }) => atMs < 0 || count < 1 || spreadMs < 0 || delayMs < 0,
        ) ||
        faults.some(({ trigger }) => ('atMs' in trigger ? trigger.atMs < 0 : trigger.run < 1)),
    );

    expect(wrong).toEqual([]);
  });

  it.each(byName)('strikes in %s no worker that is not there', (_name, faultCase) => {
    const wrong = SEEDS.map((seed) => buildScenario(faultCase, seed)).filter(({ workerCount, faults }) => {
      const addedCount = faults.filter(({ kind }) => kind === 'add-worker').length;
      return faults.some((fault) => 'worker' in fault && fault.worker >= workerCount + addedCount);
    });

    expect(wrong).toEqual([]);
  });
});

describe('findCase', () => {
  it.each(byName)('finds %s', (name, faultCase) => {
    expect(findCase(name)).toEqual(ok(faultCase));
  });

  it('says which names there are when it finds none', () => {
    const names = allCases.map(({ name }) => name).join(', ');

    expect(findCase('no-such-case')).toEqual(err(`expected one of ${names}, got "no-such-case"`));
  });
});
