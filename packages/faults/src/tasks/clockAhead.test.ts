import { describe, expect, it } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { CLOCK_AHEAD_MS } from './clockAhead';

const SCRIPT = fileURLToPath(new URL('__fixtures__/tellTime.script.ts', import.meta.url));

/** What tellTime.script.ts prints. */
interface Times {
  readonly before: { readonly dateMs: number; readonly machineMs: number };
  readonly after: { readonly dateMs: number; readonly newDateMs: number; readonly machineMs: number };
  readonly given: readonly number[];
  readonly timerMs: number;
  readonly isReplaced: boolean;
  readonly isDate: readonly boolean[];
}

/** Reads the clocks of a process of its own: a `Date` that is replaced here would be so for every test. */
const readTimes = async (aheadMs: string | undefined): Promise<Times> => {
  const child = Bun.spawn([process.execPath, '--no-install', SCRIPT], {
    env: { ...process.env, [CLOCK_AHEAD_MS]: aheadMs },
    stderr: 'inherit',
  });
  return (await new Response(child.stdout).json()) as Times; // printed by the script
};

/** Times that one process reads within so many milliseconds are the same. */
const SLACK_MS = 1000;

const HOUR_MS = 3_600_000;

describe('setClockAhead', () => {
  it.each([HOUR_MS, -HOUR_MS])('sets Date wrong by %i ms', async (aheadMs) => {
    const { before, after, isReplaced } = await readTimes(String(aheadMs));

    expect(isReplaced).toBe(true);
    expect(Math.abs(after.dateMs - before.dateMs - aheadMs)).toBeLessThan(SLACK_MS);
    expect(Math.abs(after.newDateMs - before.dateMs - aheadMs)).toBeLessThan(SLACK_MS);
  });

  it('leaves the clock of the machine and timers as they are', async () => {
    const { before, after, timerMs } = await readTimes(String(HOUR_MS));

    expect(Math.abs(after.machineMs - before.machineMs)).toBeLessThan(SLACK_MS);
    expect(timerMs).toBeLessThan(SLACK_MS);
  });

  it('leaves dates that are given as they are', async () => {
    const { given } = await readTimes(String(HOUR_MS));

    expect(given).toEqual([0, 1_577_934_245_006, 0, 1_577_923_200_000, 1_577_923_200_000]);
  });

  it('makes dates that are dates to everybody', async () => {
    const { isDate } = await readTimes(String(HOUR_MS));

    expect(isDate).toEqual([true, true]);
  });

  it.each(['0', undefined])('leaves Date alone when it is to be ahead by %p', async (aheadMs) => {
    const { before, after, isReplaced } = await readTimes(aheadMs);

    expect(isReplaced).toBe(false);
    expect(after.dateMs - before.dateMs).toBeLessThan(SLACK_MS);
  });
});
