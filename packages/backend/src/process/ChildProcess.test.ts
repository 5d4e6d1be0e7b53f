import { describe, expect, it } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { type ChildProcessOptions, startChildProcess } from './ChildProcess';

const setup = async (script: string, options: Partial<ChildProcessOptions> = {}) => {
  const directory = await createTemporaryDirectory();
  const logPath = join(directory.path, 'child.log');
  const child = startChildProcess({
    command: [process.execPath, '--no-install', '-e', script],
    env: {},
    logPath,
    stopTimeoutMs: 10_000,
    ...options,
  });
  const printed = (): Promise<string> => readFile(logPath, 'utf8');
  return {
    child,
    printed,
    isReady: () => until(async () => (await printed()).includes('ready')),
    [Symbol.asyncDispose]: async () => {
      await child.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
};

const WAIT = "setInterval(() => undefined, 1000); console.log('ready');";

describe('startChildProcess', () => {
  it('hands variables on, and writes what the process prints into the file', async () => {
    await using bench = await setup(
      'console.log(process.env.GREETING, process.env.PATH !== undefined); console.error(process.env.DROVER_STOP_WITH_STDIN)',
      { env: { GREETING: 'hello' } },
    );

    expect(await bench.child.ended).toEqual({ code: 0, signal: null });
    expect(await bench.printed()).toBe('hello true\n1\n');
    expect(bench.child.hasEnded()).toBe(true);
  });

  it('stops it with SIGTERM, which it may handle', async () => {
    await using bench = await setup(`process.on('SIGTERM', () => process.exit(7)); ${WAIT}`);
    await bench.isReady();
    expect(bench.child.hasEnded()).toBe(false);
    await bench.child.stop();

    expect(await bench.child.ended).toEqual({ code: 7, signal: null });
  });

  it('kills it when it does not stop in time', async () => {
    await using bench = await setup(`process.on('SIGTERM', () => undefined); ${WAIT}`, { stopTimeoutMs: 10 });
    await bench.isReady();
    await bench.child.stop();

    expect(await bench.child.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
