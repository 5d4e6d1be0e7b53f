import { describe, expect, it } from 'bun:test';
import { readResidentMb, watchMemory } from './MemoryWatch';

/** Lets timers of no time pass. */
const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
};

const setup = (readings: readonly (number | undefined)[]) => {
  const found: number[] = [];
  let looks = 0;
  const watch = watchMemory({
    pid: 1,
    maxMemoryMb: 100,
    intervalMs: 1,
    readMb: async () => {
      looks += 1;
      return readings[looks - 1];
    },
    onExceeded: (residentMb) => found.push(residentMb),
  });
  return { found, watch, looks: () => looks };
};

describe('watchMemory', () => {
  it('tells once, when there is more than the limit', async () => {
    const { found, looks } = setup([undefined, 100, 101, 200]);
    await turns();
    expect({ found, looks: looks() }).toEqual({ found: [101], looks: 3 });
  });

  it('looks no more when it is stopped', async () => {
    const { found, watch, looks } = setup([200, 200]);
    watch.stop();
    await turns();
    expect({ found, looks: looks() }).toEqual({ found: [], looks: 0 });
  });
});

describe('readResidentMb', () => {
  it('knows the memory of a process, and nothing of one that is not there', async () => {
    const ownMb = process.memoryUsage.rss() / 2 ** 20;
    const readMb = (await readResidentMb(process.pid)) ?? 0;
    expect(Math.abs(readMb - ownMb)).toBeLessThan(ownMb / 4);
    expect(await readResidentMb(2 ** 30)).toBeUndefined();
  });
});
