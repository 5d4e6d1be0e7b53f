import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { tasks } from '@backend/tasks/tasks.config';
import { UserId } from '@core/domain/user/user';
import { ok } from 'neverthrow';
import { inject, injectable, container as rootContainer } from 'tsyringe';
import { createContainer } from './container';
import { getMockedTaskScheduler } from './services/__mocks__/TaskScheduler.mock';
import { SecretsService } from './services/secrets/SecretsService';
import { tokens } from './services/tokens';
import { UsersService } from './services/users/UsersService';

const toConfig = (variables: Record<string, string> = {}) =>
  parseAppConfig({ NODE_ENV: 'test', ...variables })._unsafeUnwrap();

describe('createContainer', () => {
  it('resolves a service that schedules on a real Redis', async () => {
    await using directory = await createTemporaryDirectory();
    await using redis = (
      await startLocalRedis({ appendOnly: false, dataDir: directory.path })
    )._unsafeUnwrap();
    const appConfig = toConfig({ REDIS_URL: redis.url });
    const service = createContainer({ appConfig, logger: silentLogger }).resolve(UsersService);
    const created = await service.create({ email: 'ada@example.test', name: 'Ada' });
    expect(created.isOk()).toBe(true);
    const inspector = createTaskInspector({ tasks, logger: silentLogger, appConfig });
    const depth = (await inspector.getQueueDepth('users:send-welcome-email'))._unsafeUnwrap();
    expect(depth).toMatchObject({ pending: 1 });
    closeSharedConnections();
  });

  it('takes the given scheduler', async () => {
    const scheduler = getMockedTaskScheduler();
    const container = createContainer({ appConfig: toConfig(), logger: silentLogger, scheduler });
    await container.resolve(UsersService).create({ email: 'ada@example.test', name: 'Ada' });
    expect(scheduler.calls.length).toBe(1);
  });

  it('injects the scheduler', () => {
    @injectable()
    class Reminders {
      constructor(@inject(tokens.scheduler) readonly scheduler: TaskScheduler) {}
    }
    const scheduler = getMockedTaskScheduler();
    const container = createContainer({ appConfig: toConfig(), logger: silentLogger, scheduler });
    expect(container.resolve(Reminders).scheduler).toBe(scheduler);
    expect(container.resolve<TaskScheduler>(tokens.scheduler)).toBe(scheduler);
  });

  it('gives services the hooks that are registered', async () => {
    await using directory = await createTemporaryDirectory();
    const appConfig = toConfig({ DATA_DIR: directory.path });
    const container = createContainer({
      appConfig,
      logger: silentLogger,
      scheduler: getMockedTaskScheduler(),
    });
    const seen: string[] = [];
    const hooks = { afterCreate: ({ name }: { name: string }) => ok(void seen.push(name)) };
    container.registerInstance(tokens.usersHooks, hooks);
    container.registerInstance(tokens.secretsHooks, hooks);
    await container.resolve(UsersService).create({ email: 'ada@example.test', name: 'Ada' });
    await container
      .resolve(SecretsService)
      .create({ ownerId: UserId(), name: 'key', expiresAt: new Date(0) });
    expect(seen).toEqual(['Ada', 'key']);
  });

  it('shares repositories inside a container and nothing between two', async () => {
    const options = { appConfig: toConfig(), logger: silentLogger, scheduler: getMockedTaskScheduler() };
    const [one, other] = [createContainer(options), createContainer(options)];
    const user = (
      await one.resolve(UsersService).create({ email: 'a@example.test', name: 'A' })
    )._unsafeUnwrap();
    expect((await one.resolve(UsersService).get(user.id)).isOk()).toBe(true);
    expect((await other.resolve(UsersService).get(user.id)).isErr()).toBe(true);
    expect(Object.values(tokens).filter((token) => rootContainer.isRegistered(token))).toEqual([]);
  });

  it('keeps secrets below DATA_DIR', async () => {
    await using directory = await createTemporaryDirectory();
    const options = { appConfig: toConfig({ DATA_DIR: directory.path }), logger: silentLogger };
    const data = { ownerId: UserId(), name: 'key', expiresAt: new Date(0) };
    const secret = (await createContainer(options).resolve(SecretsService).create(data))._unsafeUnwrap();
    expect((await createContainer(options).resolve(SecretsService).get(secret.id))._unsafeUnwrap()).toEqual(
      secret,
    );
  });
});
