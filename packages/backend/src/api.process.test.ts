import { describe, expect, it } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './__fixtures__/until';
import { createTemporaryDirectory } from './files/TemporaryDirectory';
import { startChildProcess } from './process/ChildProcess';
import { TASKS_DISABLED_MESSAGE } from './tasks/queue/TasksDisabledError';

describe('the API process', () => {
  it('serves in production without any Redis when tasks are switched off', async () => {
    await using cleanUp = new AsyncDisposableStack();
    const directory = cleanUp.use(await createTemporaryDirectory());
    const logPath = join(directory.path, 'api.log');
    const api = startChildProcess({
      command: [process.execPath, '--no-install', join(import.meta.dir, 'api.ts')],
      env: {
        NODE_ENV: 'production',
        LEDGER_URL: 'off',
        LOG_LEVEL: 'info',
        DATA_DIR: directory.path,
        HOST: '127.0.0.1',
        PORT: '0',
        REDIS_URL: undefined,
        TASKS_ENABLED: 'false',
      },
      logPath,
      stopTimeoutMs: 10_000,
    });
    cleanUp.defer(api.stop);
    const log = () => readFile(logPath, 'utf8');
    await until(async () => (await log()).includes(TASKS_DISABLED_MESSAGE) || api.hasEnded());
    const [, url = 'nothing'] = /"url":"([^"]+)"/.exec(await log()) ?? [];
    const created = await fetch(`${url}/users`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.test', name: 'Ada' }),
    });
    const ready = await fetch(`${url}/readyz`);

    expect([created.status, ready.status]).toEqual([201, 200]);
    expect(await log()).toContain('A user gets no welcome mail: TASKS_ENABLED is false');
  }, 30_000);
});
