import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { superviseProcess } from './SupervisedProcess';

const WAIT = 'setInterval(() => undefined, 1000)';

const setup = ({ script = WAIT, startMs = 10_000 } = {}) => {
  const logger = getMockedLogger();
  const supervised = superviseProcess({
    name: 'child',
    command: [process.execPath, '--no-install', '-e', script],
    env: {},
    logger,
    stopTimeoutMs: 10_000,
    respawnDelayMs: 0,
    startMs,
  });
  /** Resolves when it is not running and will not be started again by itself. */
  const hasGivenUp = () => until(async () => supervised.pid() === undefined);
  return { logger, supervised, hasGivenUp, [Symbol.asyncDispose]: () => supervised.stop() };
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

  it('leaves a process that fails at its start down until a restart, and says so once', async () => {
    await using bench = setup({ script: 'process.exit(3)' });
    await bench.hasGivenUp();
    await Bun.sleep(0); // a respawn would be due
    expect(bench.supervised.pid()).toBeUndefined();
    expect(bench.logger.warn.mock.calls).toEqual([
      ['The child ended at its start; waiting for a change of the sources', { code: 3, signal: null }],
    ]);

    await bench.supervised.restart();
    expect(bench.supervised.pid()).toBeNumber();
  });

  it('starts a process that fails later again', async () => {
    await using bench = setup({ script: 'process.exit(3)', startMs: 0 });
    await until(async () => bench.logger.warn.mock.calls.length > 1);

    expect(bench.logger.warn.mock.calls[0]).toEqual([
      'The child ended by itself; starting it again',
      { code: 3, signal: null },
    ]);
  });

  it('leaves a process that is done down', async () => {
    await using bench = setup({ script: 'process.exit(0)', startMs: 0 });
    await bench.hasGivenUp();
    await Bun.sleep(0); // a respawn would be due

    expect(bench.supervised.pid()).toBeUndefined();
    expect(bench.logger.info.mock.calls).toEqual([
      ['The child is done; a change of the sources starts it again', { code: 0, signal: null }],
    ]);
    expect(bench.logger.warn.mock.calls).toEqual([]);
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
