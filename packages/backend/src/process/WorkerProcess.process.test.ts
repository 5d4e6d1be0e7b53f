import { describe, expect, it } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { startChildProcess } from './ChildProcess';

/** Runs a worker process until it ends by itself. */
const run = async (path: string, env: Readonly<Record<string, string>>) => {
  await using directory = await createTemporaryDirectory();
  const logPath = join(directory.path, 'worker.log');
  const worker = startChildProcess({
    command: [process.execPath, '--no-install', join(import.meta.dir, path)],
    env: {
      NODE_ENV: 'production',
      LEDGER_URL: 'off',
      LOG_LEVEL: 'info',
      DATA_DIR: directory.path,
      REDIS_URL: undefined,
      ...env,
    },
    logPath,
    stopTimeoutMs: 10_000,
  });
  const { code } = await worker.ended;
  return { code, log: await readFile(logPath, 'utf8') };
};

describe('runWorkerProcess', () => {
  it.each([
    ['TASKS_ENABLED', 'false'],
    ['WORKER_DISABLED', 'true'],
  ])(
    'says so and ends with 0 under %s=%s, though there is no REDIS_URL',
    async (name, value) => {
      const { code, log } = await run('../worker.ts', { [name]: value });

      expect(log).toContain(`${name} is ${value}: no task is taken`);
      expect(code).toBe(0);
    },
    30_000,
  );

  it('names a resource that does not start, and why, and ends with 1', async () => {
    const { code, log } = await run('__fixtures__/brokenResourceWorker.ts', {
      REDIS_URL: await testRedisUrl(),
    });

    expect(log).toContain('the resource "database pool" did not start: no route to host');
    expect(code).toBe(1);
  }, 30_000);

  it('names the task and the resource when one is missing, and ends with 1', async () => {
    const { code, log } = await run('__fixtures__/missingResourceWorker.ts', {
      REDIS_URL: await testRedisUrl(),
    });

    expect(log).toContain(
      'the task fixture:query needs the resource "database pool", which is not in resources',
    );
    expect(code).toBe(1);
  }, 30_000);
});
