import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { ScheduleError } from '@backend/tasks/domain/ScheduleError';
import { CorrelationId, correlationIdSchema } from '@core/domain/CorrelationId';
import { type User, UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { getMockedTaskScheduler } from '../__mocks__/TaskScheduler.mock';
import { type EntityHooks } from '../shared/ServiceHooks';
import { StorageError } from '../shared/StorageError';
import { UsersService } from './UsersService';
import { createUsersRepository, type UsersRepository } from './usersRepository';

const ada = { email: 'ada@example.test', name: 'Ada' };
const redisDown = new ScheduleError('Redis is down', { code: 'queue-unavailable' });

interface Parts {
  readonly error?: ScheduleError;
  readonly repo?: UsersRepository;
  readonly hooks?: EntityHooks<UserId, User>;
}

const setup = ({ error, repo, hooks }: Parts = {}) => {
  const logger = getMockedLogger();
  const scheduler = getMockedTaskScheduler(error === undefined ? {} : { error });
  const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
  const users = repo ?? createUsersRepository();
  const service = new UsersService(users, { logger, scheduler, appConfig: () => appConfig }, hooks);
  return { logger, scheduler, users, service };
};

describe('UsersService', () => {
  it('stores a user and schedules the welcome mail with the correlation ID of the request', async () => {
    const { service, scheduler } = setup();
    const correlationId = CorrelationId('request-1');
    const user = (await service.create(ada, { correlationId }))._unsafeUnwrap();
    expect((await service.get(user.id))._unsafeUnwrap()).toEqual(user);
    expect(scheduler.calls).toEqual([
      {
        correlationId,
        taskName: 'users:send-welcome-email',
        payload: { userId: user.id, ...ada },
        options: { userId: user.id },
      },
    ]);
  });

  it('makes a new correlation ID for each user without one', async () => {
    const { service, scheduler } = setup();
    await service.create(ada);
    await service.create({ email: 'bob@example.test', name: 'Bob' });
    const ids = scheduler.calls.map(({ correlationId }) => correlationIdSchema.parse(correlationId));
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    ['email', { email: 'nobody', name: 'Ada' }],
    ['name', { email: 'ada@example.test', name: '' }],
  ])('refuses a bad %s, stores nothing and schedules nothing', async (field, data) => {
    const { service, scheduler, users } = setup();
    const error = (await service.create(data))._unsafeUnwrapErr();
    expect(error.name).toBe('ValidationError');
    expect(error.message).toContain(`${field}: `);
    expect((await users.list())._unsafeUnwrap()).toEqual([]);
    expect(scheduler.calls).toEqual([]);
  });

  it('schedules nothing for an email that is taken', async () => {
    const { service, scheduler } = setup();
    await service.create(ada);
    expect((await service.create(ada))._unsafeUnwrapErr().name).toBe('ConflictError');
    expect(scheduler.calls.length).toBe(1);
  });

  it('deletes the user again when the mail cannot be scheduled, and says why', async () => {
    const { service, users, logger } = setup({ error: redisDown });
    expect((await service.create(ada))._unsafeUnwrapErr()).toBe(redisDown);
    expect((await users.list())._unsafeUnwrap()).toEqual([]);
    expect(logger.error).not.toHaveBeenCalled();
  });

  it('keeps a user who gets no mail because tasks are switched off, and says so', async () => {
    const error = new ScheduleError('switched off', { code: 'tasks-disabled' });
    const { service, users, logger } = setup({ error });
    const correlationId = CorrelationId();
    const user = (await service.create(ada, { correlationId }))._unsafeUnwrap();

    expect((await users.list())._unsafeUnwrap()).toEqual([user]);
    expect(logger.info).toHaveBeenCalledWith('A user gets no welcome mail: TASKS_ENABLED is false', {
      userId: user.id,
      correlationId,
    });
  });

  it('logs a user that could not be deleted again', async () => {
    const full = new StorageError('the disk is full');
    const repo = { ...createUsersRepository(), delete: async () => err(full) };
    const { service, logger } = setup({ error: redisDown, repo });
    const correlationId = CorrelationId();
    expect((await service.create(ada, { correlationId }))._unsafeUnwrapErr()).toBe(redisDown);
    const [{ id: userId } = {}] = (await repo.list())._unsafeUnwrap();
    expect(logger.error).toHaveBeenCalledWith(
      'A user without a welcome mail could not be deleted again',
      full,
      {
        userId,
        correlationId,
      },
    );
  });

  it('tells its hooks of a user who is stored and will be welcomed, and of no other', async () => {
    const seen: unknown[] = [];
    const hooks: EntityHooks<UserId, User> = {
      beforeCreate: async (data) => ok({ ...data, name: data.name.toUpperCase() }),
      afterCreate: ({ name }, context) => ok(void seen.push({ name, ...context })),
      afterUpdate: ({ name }, { changes: _changes, id: _id, ...context }) =>
        ok(void seen.push({ name, ...context })),
    };
    const request = { correlationId: CorrelationId('request-1'), userId: UserId() };
    const { service, scheduler } = setup({ hooks });
    const { id } = (await service.create(ada, request))._unsafeUnwrap();
    await service.update(id, { name: 'Countess' }, request);
    await setup({ hooks, error: redisDown }).service.create(ada, request);

    const known = { resource: 'users', ...request };
    expect(seen).toEqual([
      { name: 'ADA', ...known },
      { name: 'Countess', ...known },
    ]);
    expect(scheduler.calls.map(({ payload }) => payload)).toEqual([{ userId: id, ...ada, name: 'ADA' }]);
  });

  it('checks changes before it stores them', async () => {
    const { service } = setup();
    const user = (await service.create(ada))._unsafeUnwrap();
    expect((await service.update(user.id, { email: 'nobody' }))._unsafeUnwrapErr().name).toBe(
      'ValidationError',
    );
    expect((await service.update(user.id, { name: 'Countess' }))._unsafeUnwrap().name).toBe('Countess');
    expect((await service.get(user.id))._unsafeUnwrap()).toEqual({ ...user, name: 'Countess' });
  });
});
