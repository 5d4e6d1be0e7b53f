import { describe, expect, it } from 'bun:test';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@backend/__fixtures__/isAlive';
import { until } from '@backend/__fixtures__/until';
import { createWatchdog } from './Watchdog';

const NO_GROUP = 2 ** 22 + 1; // no process has so large an id

/** A shell that writes down its process id before it does what it is asked to. */
const setup = ({ command = 'exec /bin/sh "$@"', pauseMs = 0 } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
  const [shell, list] = [join(folder, 'sh'), join(folder, 'pids')];
  writeFileSync(list, '');
  writeFileSync(shell, `#!/bin/sh\necho $$ >> ${list}\n${command}\n`);
  chmodSync(shell, 0o755);
  const deaths: {
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly atMs: number;
  }[] = [];
  const watchdog = createWatchdog({
    ...{ shell, pauseMs },
    onFault: (error) => {
      throw error;
    },
    onDeath: (end) => deaths.push({ ...end, atMs: performance.now() }),
  });
  const pids = (): number[] => readFileSync(list, 'utf8').split('\n').filter(Boolean).map(Number);
  return {
    ...{ watchdog, deaths, pids },
    killNewest: async (startCount: number) => {
      await until(async () => pids().length === startCount);
      process.kill(pids().at(-1) ?? Number.NaN, 'SIGKILL');
    },
    [Symbol.dispose]: () => {
      watchdog.close();
      rmSync(folder, { recursive: true });
    },
  };
};

const startSleeper = (): number =>
  spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).pid ?? Number.NaN;

describe('createWatchdog', () => {
  it('says that it could not be started, and goes on', async () => {
    const { promise: fault, resolve: onFault } = Promise.withResolvers<unknown>();
    const watchdog = createWatchdog({ onFault, onDeath: () => undefined, shell: '/nowhere/sh' });
    watchdog.guard(NO_GROUP);
    expect(await fault).toMatchObject({ code: 'ENOENT' });
    watchdog.release(NO_GROUP);
    watchdog.close();
  });

  it('is started again when it dies, says so, and still kills what it guarded before and since', async () => {
    using bench = setup();
    const [first, second] = [startSleeper(), startSleeper()];
    bench.watchdog.guard(first);
    await bench.killNewest(1);
    await until(async () => bench.pids().length === 2);
    bench.watchdog.guard(second);
    await bench.killNewest(2);
    await until(async () => bench.pids().length === 3);
    const alive = [first, second].map(isAlive);
    bench.watchdog.close();
    await until(async () => ![first, second].some(isAlive));

    expect(alive).toEqual([true, true]);
    expect(bench.deaths).toMatchObject([{ signal: 'SIGKILL' }, { signal: 'SIGKILL' }]);
  });

  it('stays away when it dies with nothing to guard, until it is needed', async () => {
    using bench = setup();
    bench.watchdog.guard(NO_GROUP);
    await until(async () => bench.pids().length === 1);
    bench.watchdog.release(NO_GROUP);
    const [pid = Number.NaN] = bench.pids();
    process.kill(pid, 'SIGKILL');
    await until(async () => !isAlive(pid));
    bench.watchdog.guard(NO_GROUP);
    await until(async () => bench.pids().length === 2);

    expect(bench.pids()).toHaveLength(2);
  });

  it('pauses between starts when it dies at once', async () => {
    using bench = setup({ command: 'exit 3', pauseMs: 100 });
    bench.watchdog.guard(NO_GROUP);
    await until(async () => bench.deaths.length === 3);
    const [first, , third] = bench.deaths;

    expect(first).toMatchObject({ exitCode: 3, signal: null });
    expect((third?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(100);
  });
});
