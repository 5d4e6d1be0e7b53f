import { describe, expect, it } from 'bun:test';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCpuMs } from './processCpu';

const hasProc = process.platform === 'linux';

/** A process that sleeps, and whose name is that of its file. */
const startSleeper = (name: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-cpu-'));
  const sleep = Bun.which('sleep');
  if (sleep === null) throw new Error('expected the program sleep on the PATH, found none');
  symlinkSync(sleep, join(folder, name));
  const child = Bun.spawn([join(folder, name), '60']);
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await child.exited;
      rmSync(folder, { recursive: true });
    },
  };
};

/** Uses the processor until this process has used so much more of it. */
const burn = (ms: number): void => {
  const startedAt = process.cpuUsage();
  const usedMs = (): number => {
    const { user, system } = process.cpuUsage(startedAt);
    return (user + system) / 1000;
  };
  while (usedMs() < ms);
};

// Only Linux has /proc: everywhere else there is nothing to read.
describe.skipIf(!hasProc)('readCpuMs', () => {
  /** The kernel counts in ticks of 10 ms, user and system each. */
  const TICKS_MS = 20;

  it('counts what this process uses', () => {
    const beforeMs = readCpuMs(process.pid) ?? Number.NaN;

    burn(200);

    expect((readCpuMs(process.pid) ?? Number.NaN) - beforeMs).toBeGreaterThanOrEqual(200 - TICKS_MS);
  });

  it('counts from the start of the process, as it does itself', () => {
    const { user, system } = process.cpuUsage();
    const ownMs = (user + system) / 1000;

    expect(readCpuMs(process.pid) ?? Number.NaN).toBeWithin(ownMs - TICKS_MS, ownMs + 500);
  });

  it.each(['sleeper', 'a b', 'a) 1 2 3 4 5 6', 'a) R 1'])(
    'counts next to nothing for a process that sleeps, also when its name is %p',
    async (name) => {
      await using sleeper = startSleeper(name);

      expect(readCpuMs(sleeper.pid)).toBeWithin(0, 200);
    },
  );

  it('is undefined for a process that has ended', async () => {
    const child = Bun.spawn(['true']);
    await child.exited;

    expect(readCpuMs(child.pid)).toBe(undefined);
  });
});
