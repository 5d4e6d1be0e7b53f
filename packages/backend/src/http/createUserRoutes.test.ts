import { describe, expect, it, mock } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { AfterWriteError } from '@backend/services/shared/AfterWriteError';
import { StorageError } from '@backend/services/shared/StorageError';
import { WriteRefusedError } from '@backend/services/shared/WriteRefusedError';
import { ScheduleError } from '@backend/tasks/domain/ScheduleError';
import { HookError } from '@backend/tasks/triggers/HookError';
import { type User, UserId } from '@core/domain/user/user';
import { ConflictError } from '@core/errors/ConflictError';
import { ValidationError } from '@core/errors/ValidationError';
import { err, ok, type Result } from 'neverthrow';
import { createHttpApp } from './createHttpApp';
import { type UserCreator } from './createUserRoutes';

const user: User = {
  id: UserId(),
  email: 'ada@example.com',
  name: 'Ada',
  createdAt: new Date('2026-01-02T03:04:05.000Z'),
};

const setup = (result: Result<User, Error>) => {
  const logger = getMockedLogger();
  const create = mock<UserCreator['create']>(async () => result);
  const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: 'redis://127.0.0.1:1' })._unsafeUnwrap();
  const app = createHttpApp({ tasks: [], appConfig, logger, users: { create } });
  const post = (body: string) =>
    app.request('/users', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', 'X-Correlation-ID': 'req-42' },
    });
  return { app, create, logger, post };
};

const body = JSON.stringify({ email: 'ada@example.com', name: 'Ada' });

describe('createUserRoutes', () => {
  it("creates a user under the request's correlation ID", async () => {
    const { create, post } = setup(ok(user));
    const response = await post(body);

    expect(create.mock.calls).toEqual([
      [{ email: 'ada@example.com', name: 'Ada' }, { correlationId: expect.stringMatching(/^req-42$/) }],
    ]);
    expect([response.status, await response.json()]).toEqual([
      201,
      { ...user, createdAt: '2026-01-02T03:04:05.000Z' },
    ]);
  });

  it.each([
    ['{', 'expected the body to be JSON'],
    ['[]', 'expected object'],
    ['{"email":"ada@example.com"}', 'name: '],
    ['{"email":"ada","name":"Ada"}', 'email: '],
    ['{"email":"ada@example.com","name":"Ada","role":"admin"}', 'role'],
    [`{"email":"ada@example.com","name":"Ada","id":"${user.id}"}`, 'id'],
  ])('refuses the body %s', async (given, part) => {
    const { create, post } = setup(ok(user));
    const response = await post(given);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'validation', message: expect.stringContaining(part) },
      correlationId: 'req-42',
    });
    expect(create).not.toHaveBeenCalled();
  });

  it.each(['GET', 'DELETE'])('answers %s with 405 and the method that it takes', async (method) => {
    const headers = { 'X-Correlation-ID': 'req-42' };
    const response = await setup(ok(user)).app.request('/users', { method, headers });

    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'POST']);
    expect(await response.json()).toEqual({
      error: { code: 'method-not-allowed', message: `expected POST /users, got ${method}` },
      correlationId: 'req-42',
    });
  });

  it('answers a user who is stored although a hook after it failed, and logs why', async () => {
    const cause = new Error('the audit trail is full');
    const error = new AfterWriteError({ event: 'create', resource: 'users', entity: user, cause });
    const { post, logger } = setup(err(error));
    const response = await post(body);

    expect([response.status, await response.json()]).toEqual([
      201,
      { ...user, createdAt: '2026-01-02T03:04:05.000Z' },
    ]);
    expect(logger.error.mock.calls).toEqual([
      ['A user is created, but a hook after it failed', error, { userId: user.id }],
    ]);
  });

  const failures: [error: Error, status: number, code: string, message: string][] = [
    [
      new ValidationError('the name is rude', [{ path: 'name', message: 'rude' }]),
      400,
      'validation',
      'the name is rude',
    ],
    [new ConflictError('the email is taken'), 409, 'conflict', 'the email is taken'],
    [new StorageError('the disk is full'), 503, 'storage-unavailable', 'the disk is full'],
    [new ScheduleError('no Redis', { code: 'queue-unavailable' }), 503, 'queue-unavailable', 'no Redis'],
    [new ScheduleError('no SQL', { code: 'ledger-unavailable' }), 503, 'ledger-unavailable', 'no SQL'],
    [
      new ScheduleError('newer tables', { code: 'ledger-schema' }),
      500,
      'internal-error',
      'the user could not be created',
    ],
    [
      new ScheduleError('a bug', { code: 'invalid-payload' }),
      500,
      'internal-error',
      'the user could not be created',
    ],
    [new WriteRefusedError(new Error('no more users today')), 422, 'write-refused', 'no more users today'],
    [
      new WriteRefusedError(new ScheduleError('not in March', { code: 'invalid-options' })),
      422,
      'invalid-options',
      'not in March',
    ],
    [
      new WriteRefusedError(new ValidationError('a nickname', [{ path: 'name', message: 'a nickname' }])),
      400,
      'validation',
      'a nickname',
    ],
    [new WriteRefusedError(new ConflictError('Ada is here')), 409, 'conflict', 'Ada is here'],
    [
      new WriteRefusedError(new StorageError('no list of guests')),
      503,
      'storage-unavailable',
      'no list of guests',
    ],
    [
      new HookError('beforeCreate threw: boom', { code: 'hook-threw' }),
      500,
      'internal-error',
      'the user could not be created',
    ],
    [
      new ScheduleError('TASKS_ENABLED is false', { code: 'tasks-disabled' }),
      503,
      'tasks-disabled',
      'TASKS_ENABLED is false',
    ],
    [new Error('a password in a message'), 500, 'internal-error', 'the user could not be created'],
  ];

  it.each(failures.map((row) => [row[0].message, ...row] as const))(
    'answers the failure "%s"',
    async (_what, error, status, code, message) => {
      const { post, logger } = setup(err(error));
      const response = await post(body);

      expect([response.status, await response.json()]).toMatchObject([
        status,
        { error: { code, message }, correlationId: 'req-42' },
      ]);
      expect(response.headers.has('Retry-After')).toBe(status === 503);
      expect(logger.error).toHaveBeenCalledTimes(status >= 500 ? 1 : 0);
    },
  );
});
