import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { superviseProcess } from './SupervisedProcess';

const setup = () => {
  const logger = getMockedLogger();
  const supervised = superviseProcess({
    name: 'child',
    command: [process.execPath, '--no-install', '-e', 'setInterval(() => undefined, 1000)'],
    env: {},
    logger,
    stopTimeoutMs: 10_000,
    respawnDelayMs: 0,
  });
  return { logger, supervised, [Symbol.asyncDispose]: () => supervised.stop() };
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // there is no such process
  }
};

describe('superviseProcess', () => {
  it('starts a process that died again, and says so', async () => {
    await using bench = setup();
    const pid = bench.supervised.pid() ?? 0;
    process.kill(pid, 'SIGKILL');
    await until(async () => ![pid, undefined].includes(bench.supervised.pid()));

    expect(bench.logger.warn.mock.calls).toEqual([
      ['The child ended by itself; starting it again', { code: null, signal: 'SIGKILL' }],
    ]);
  });

  it('makes two restarts at the same time one', async () => {
    await using bench = setup();
    const pid = bench.supervised.pid() ?? 0;
    const first = bench.supervised.restart();
    expect(bench.supervised.restart()).toBe(first);
    await first;

    expect(isRunning(pid)).toBe(false);
    expect(bench.supervised.pid()).not.toBe(pid);
    expect(bench.logger.warn.mock.calls).toEqual([]);
  });

  it('starts nothing after a stop, not even what was about to restart', async () => {
    await using bench = setup();
    const restarting = bench.supervised.restart();
    await bench.supervised.stop();
    await restarting;

    expect(bench.supervised.pid()).toBeUndefined();
    await bench.supervised.restart();
    expect(bench.supervised.pid()).toBeUndefined();
  });
});
