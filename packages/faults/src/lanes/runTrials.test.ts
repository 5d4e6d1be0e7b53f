import { afterEach, beforeEach, describe, expect, it, mock, spyOn } from 'bun:test';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runTrials } from './runTrials';
import { type Trial, type TrialRequest } from './Trial';

const LANE = fileURLToPath(new URL('__fixtures__/mortalLane.script.ts', import.meta.url));

const requestOf = (caseName: string, seed: number): TrialRequest => ({
  side: 'drover',
  caseName,
  seed,
  shrinks: false,
});

/** Runs scenarios named after what becomes of their lane. */
const runNamed = async (names: readonly string[], laneCount = 1) => {
  const told: Trial[] = [];
  const requests = names.map(requestOf);
  const trials = await runTrials({
    requests,
    laneCount,
    folder: tmpdir(),
    onTrial: (trial) => told.push(trial),
  });
  return { trials, told };
};

/** What a broken bench answers. */
const brokenOf = (caseName: string, seed: number, message: string): Trial => ({
  ...requestOf(caseName, seed),
  broken: message,
  violations: [],
  ...{ lostCount: 0, extraRunCount: 0, slowestMs: 0, durationMs: 0 },
  report: message,
});

/** The processes that made trials. */
const pidsOf = (trials: readonly Trial[]): readonly number[] =>
  trials.filter(({ report }) => report === '').map(({ durationMs }) => durationMs);

describe('runTrials', () => {
  const children: { readonly exited: Promise<number> }[] = [];

  beforeEach(() => {
    children.length = 0;
    const { spawn } = Bun;
    // A real lane takes seconds for each scenario, and cannot be made to die.
    spyOn(Bun, 'spawn').mockImplementation(((command: string[], options: object) => {
      const child = spawn([...command.slice(0, -1), LANE], options);
      children.push(child);
      return child;
    }) as typeof spawn); // of its overloads the one that runTrials calls
  });

  afterEach(() => {
    mock.restore();
  });

  it('runs one scenario after the other in a lane, and tells of each', async () => {
    const { trials, told } = await runNamed(['lives', 'lives', 'lives']);

    expect(trials.map(({ seed }) => seed)).toEqual([0, 1, 2]);
    expect(told).toEqual([...trials]);
    expect(new Set(pidsOf(trials)).size).toBe(1);
  });

  it('runs them in as many lanes as it may, and in no more than there are scenarios', async () => {
    const { trials } = await runNamed(['lives', 'lives'], 6);

    expect(new Set(pidsOf(trials)).size).toBe(2);
    expect(children.length).toBe(2);
  });

  it.each([
    ['dies', 3],
    ['is-killed', null],
  ])('replaces a lane that %s', async (caseName, code) => {
    const { trials } = await runNamed(['lives', caseName, 'lives', 'lives']);

    const pids = pidsOf(trials);
    expect(trials[1]).toEqual(brokenOf(caseName, 1, `a lane of the bench ended with ${code}`));
    expect([pids.length, new Set(pids).size, pids[1] === pids[2]]).toEqual([3, 2, true]);
  });

  it('replaces a lane as often as it dies', async () => {
    const { trials } = await runNamed(['dies', 'dies', 'lives']);

    expect(trials.slice(0, 2)).toEqual(
      [0, 1].map((seed) => brokenOf('dies', seed, 'a lane of the bench ended with 3')),
    );
    expect(pidsOf(trials).length).toBe(1);
  });

  it('goes on with a lane whose scenario could not be run', async () => {
    const { trials } = await runNamed(['lives', 'breaks', 'lives']);

    expect(trials[1]).toEqual(brokenOf('breaks', 1, 'no Redis'));
    expect(new Set(pidsOf(trials)).size).toBe(1);
  });

  it('leaves no lane behind', async () => {
    await runNamed(['dies', 'lives', 'dies'], 2);

    await Promise.all(children.map(({ exited }) => exited)); // would not end
    expect(children.length).toBeGreaterThanOrEqual(2);
  });
});
