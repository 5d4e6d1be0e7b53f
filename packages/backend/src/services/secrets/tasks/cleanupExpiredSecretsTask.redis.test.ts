import { describe, expect, it } from 'bun:test';
import { readdir, writeFile } from 'node:fs/promises';
import { getAppConfig } from '@backend/config/AppConfig';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { setEnvironment } from '@backend/services/__mocks__/environment.mock';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { UserId } from '@core/domain/user/user';
import { createSecretsRepository, secretsDirectory } from '../secretsRepository';
import { cleanupExpiredSecretsTask } from './cleanupExpiredSecretsTask';

const setup = async () => {
  const directory = await createTemporaryDirectory();
  const redis = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
  const environment = setEnvironment({ REDIS_URL: redis.url, DATA_DIR: directory.path, NODE_ENV: 'test' });
  const appConfig = getAppConfig();
  const folder = secretsDirectory(appConfig);
  const inspector = createTaskInspector({
    tasks: [cleanupExpiredSecretsTask],
    logger: silentLogger,
    appConfig,
  });
  return {
    folder,
    redis,
    secrets: createSecretsRepository(folder),
    countTasks: async () =>
      (await inspector.getQueueDepth(cleanupExpiredSecretsTask.queueName))._unsafeUnwrap(),
    [Symbol.asyncDispose]: async () => {
      closeSharedConnections();
      environment[Symbol.dispose]();
      await redis.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
};

const secret = { ownerId: UserId(), name: 'key' };

describe('cleanupExpiredSecretsTask', () => {
  it('deletes expired secrets, says how many, and schedules the next clean-up', async () => {
    await using bundle = await setup();
    await bundle.secrets.create({ ...secret, expiresAt: new Date(0) });
    const valid = (
      await bundle.secrets.create({ ...secret, expiresAt: new Date('9000-01-01') })
    )._unsafeUnwrap();
    const logger = getMockedLogger();
    const result = await cleanupExpiredSecretsTask.handler({ scheduledAt: Date.now() }, { logger });
    expect(result._unsafeUnwrap()).toEqual({ success: true, deletedCount: 1 });
    expect(await readdir(bundle.folder)).toEqual([`${valid.id}.json`]);
    expect(logger.info).toHaveBeenCalledWith('Cleanup complete', { deletedCount: 1 });
    expect(await bundle.countTasks()).toMatchObject({ scheduled: 1, pending: 0 });
  });

  it('schedules nothing when it is told not to repeat', async () => {
    await using bundle = await setup();
    const result = await cleanupExpiredSecretsTask.handler({ scheduledAt: 0, repeat: false });
    expect(result._unsafeUnwrap()).toEqual({ success: true, deletedCount: 0 });
    expect(await bundle.countTasks()).toMatchObject({ scheduled: 0, pending: 0 });
  });

  it('fails, and schedules nothing, when the secrets cannot be read', async () => {
    await using bundle = await setup();
    await writeFile(bundle.folder, 'a file, not a folder');
    const error = (await cleanupExpiredSecretsTask.handler({ scheduledAt: 0 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'task-failed', message: expect.stringContaining(bundle.folder) });
    expect(await bundle.countTasks()).toMatchObject({ scheduled: 0, pending: 0 });
  });

  it('fails when the next clean-up cannot be scheduled, although the secrets are gone', async () => {
    await using bundle = await setup();
    await bundle.secrets.create({ ...secret, expiresAt: new Date(0) });
    await bundle.redis.stop();
    const error = (await cleanupExpiredSecretsTask.handler({ scheduledAt: 0 }))._unsafeUnwrapErr();
    expect(error.message).toStartWith('the next clean-up is not scheduled: ');
    expect(await readdir(bundle.folder)).toEqual([]);
  });
});
