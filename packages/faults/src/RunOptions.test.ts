import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { allCases } from './plan/buildScenario';
import { parseRunOptions } from './RunOptions';

const LAST_SEED = 2 ** 31 - 2;

const parse = (environment: Readonly<Record<string, string | undefined>>) =>
  parseRunOptions({ environment, defaultSeed: 100, defaultRuns: 2, defaultMixed: 3 });

const names = allCases.map(({ name }) => name).join(', ');

describe('parseRunOptions', () => {
  it('refuses names beside the replay of one run', () => {
    expect(parse({ FAULT_SEED: 'redis-killed:7', FAULT_ONLY: 'mixed' })).toEqual(
      err('expected FAULT_ONLY not to be set when FAULT_SEED replays one run, got both'),
    );
  });

  it('runs every case as often as the defaults say, from the default seed on, when nothing is set', () => {
    const trials = allCases.flatMap(({ name: caseName }) =>
      (caseName === 'mixed' ? [100, 101, 102] : [100, 101]).map((seed) => ({ caseName, seed })),
    );

    expect(parse({})).toEqual(ok({ trials, laneCount: 6 }));
  });

  it('takes an empty variable for one that is not set', () => {
    const empty = { FAULT_SEED: '', FAULT_ONLY: '', FAULT_RUNS: '', FAULT_MIXED: '', FAULT_LANES: '' };

    expect(parse(empty)).toEqual(parse({}));
  });

  it('begins with the seed of FAULT_SEED', () => {
    const trials = [7, 8].map((seed) => ({ caseName: 'redis-killed', seed }));

    expect(parse({ FAULT_SEED: '7', FAULT_ONLY: 'redis-killed' })).toEqual(ok({ trials, laneCount: 6 }));
  });

  it('goes on with seed 0 after the last seed', () => {
    const trials = [LAST_SEED, 0].map((seed) => ({ caseName: 'redis-killed', seed }));

    expect(parse({ FAULT_SEED: String(LAST_SEED), FAULT_ONLY: 'redis-killed' })).toEqual(
      ok({ trials, laneCount: 6 }),
    );
  });

  it('replays one run in one lane when FAULT_SEED names a case', () => {
    const options = { trials: [{ caseName: 'redis-killed', seed: 7 }], laneCount: 1 };

    expect(parse({ FAULT_SEED: 'redis-killed:7', FAULT_RUNS: '50', FAULT_LANES: '4' })).toEqual(ok(options));
  });

  it('replays a mixed scenario too', () => {
    const options = { trials: [{ caseName: 'mixed', seed: LAST_SEED }], laneCount: 1 };

    expect(parse({ FAULT_SEED: `mixed:${LAST_SEED}` })).toEqual(ok(options));
  });

  it('runs the cases of FAULT_ONLY and no others, in its order', () => {
    const trials = [
      { caseName: 'swallowed-idle', seed: 100 },
      { caseName: 'swallowed-idle', seed: 101 },
      { caseName: 'bad-network', seed: 100 },
      { caseName: 'bad-network', seed: 101 },
    ];

    expect(parse({ FAULT_ONLY: 'swallowed-idle, bad-network' })).toEqual(ok({ trials, laneCount: 6 }));
  });

  it('runs a case once that FAULT_ONLY names twice', () => {
    const twice = { FAULT_ONLY: 'bad-network,redis-killed, bad-network' };

    expect(parse(twice)).toEqual(parse({ FAULT_ONLY: 'bad-network,redis-killed' }));
  });

  it('counts runs of each fault by FAULT_RUNS and mixed ones by FAULT_MIXED', () => {
    const trials = [
      { caseName: 'bad-network', seed: 100 },
      { caseName: 'mixed', seed: 100 },
      { caseName: 'mixed', seed: 101 },
    ];

    expect(parse({ FAULT_ONLY: 'bad-network,mixed', FAULT_RUNS: '1', FAULT_MIXED: '2' })).toEqual(
      ok({ trials, laneCount: 6 }),
    );
  });

  it('runs nothing of what it is to run 0 times', () => {
    const trials = [{ caseName: 'mixed', seed: 100 }];

    expect(parse({ FAULT_RUNS: '0', FAULT_MIXED: '1' })).toEqual(ok({ trials, laneCount: 6 }));
  });

  it('opens as many lanes as FAULT_LANES says', () => {
    expect(parse({ FAULT_LANES: '1', FAULT_RUNS: '0', FAULT_MIXED: '0' })).toEqual(
      ok({ trials: [], laneCount: 1 }),
    );
  });

  /** Integers to JavaScript, and typing errors to anybody else. */
  const notDigits = ['1e3', '0x10', '5.0', '+5', ' 5', '5 ', ' '];
  const counts = [
    ['FAULT_RUNS', 0],
    ['FAULT_MIXED', 0],
    ['FAULT_LANES', 1],
  ] as const;
  const wrongCounts = counts.flatMap(([name, min]) =>
    ['-1', '1.5', 'many', '10001', 'Infinity', 'NaN', '1,2', ...notDigits, ...(min === 1 ? ['0'] : [])].map(
      (value) => [name, value, min] as const,
    ),
  );

  it.each(wrongCounts)('refuses %s=%s', (name, value, min) => {
    const message = `expected ${name} to be an integer from ${min} to 10000, got ${JSON.stringify(value)}`;

    expect(parse({ [name]: value })).toEqual(err(message));
  });

  it.each(counts)('takes %s from %i to 10000', (name, min) => {
    const takes = [String(min), '10000'].map((value) =>
      parse({ FAULT_ONLY: 'bad-network', [name]: value }).isOk(),
    );

    expect(takes).toEqual([true, true]);
  });

  it.each(['-1', '1.5', 'seven', '2147483647', 'Infinity', ...notDigits])(
    'refuses FAULT_SEED=%s',
    (value) => {
      const message = `expected FAULT_SEED to be an integer from 0 to ${LAST_SEED} or name:seed, got ${JSON.stringify(value)}`;

      expect(parse({ FAULT_SEED: value })).toEqual(err(message));
    },
  );

  it.each(['-1', '1.5', 'x', '', ...notDigits])('refuses the seed of FAULT_SEED=redis-killed:%s', (value) => {
    const message = `expected FAULT_SEED to be an integer from 0 to ${LAST_SEED} or name:seed, got "redis-killed:${value}"`;

    expect(parse({ FAULT_SEED: `redis-killed:${value}` })).toEqual(err(message));
  });

  it('refuses to replay a seed beyond the last', () => {
    expect(parse({ FAULT_SEED: 'redis-killed:2147483647' })._unsafeUnwrapErr()).toStartWith(
      `expected FAULT_SEED to be an integer from 0 to ${LAST_SEED} or name:seed, got "`,
    );
  });

  it.each([
    ['FAULT_SEED', 'redis-kild:7', 'redis-kild'],
    ['FAULT_SEED', ':7', ''],
    ['FAULT_SEED', 'redis-killed:7:8', 'redis-killed:7'],
    ['FAULT_ONLY', 'redis-kild', 'redis-kild'],
    ['FAULT_ONLY', 'mixed,redis-kild', 'redis-kild'],
    ['FAULT_ONLY', 'mixed,', ''],
  ])('refuses %s=%s and lists the names there are', (variable, value, got) => {
    const message = `${variable}: expected one of ${names}, got ${JSON.stringify(got)}`;

    expect(parse({ [variable]: value })).toEqual(err(message));
  });
});
