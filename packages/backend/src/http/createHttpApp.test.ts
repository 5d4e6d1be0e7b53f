import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { TaskRegistryError } from '@backend/tasks/domain/TaskRegistry';
import { sampleTasks, sendEmailTask } from './__fixtures__/sampleTasks';
import { createHttpApp, MAX_BODY_BYTES } from './createHttpApp';
import { type UserCreator } from './createUserRoutes';

const REDIS_IS_DOWN =
  'Redis is not reachable: nothing answers at the REDIS_URL redis://127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1)';

const brokenUsers: UserCreator = {
  create: () => Promise.reject(new Error('connection string with a password')),
};

const setup = (environment: Record<string, string> = {}) => {
  const logger = getMockedLogger();
  // Port 1 is reserved, and nothing listens there.
  const appConfig = parseAppConfig({
    NODE_ENV: 'test',
    REDIS_URL: 'redis://127.0.0.1:1',
    ...environment,
  })._unsafeUnwrap();
  return {
    app: createHttpApp({ tasks: sampleTasks, appConfig, logger, users: brokenUsers, redisDeadlineMs: 50 }),
    logger,
  };
};

describe('createHttpApp', () => {
  it('answers /healthz without Redis', async () => {
    const response = await setup().app.request('/healthz');

    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('answers /readyz with 503 and the reason when Redis is down', async () => {
    const response = await setup().app.request('/readyz');

    expect([response.status, await response.json()]).toEqual([
      503,
      {
        status: 'not-ready',
        problems: [REDIS_IS_DOWN],
        warnings: [],
      },
    ]);
  });

  it('says on the board that Redis is down', async () => {
    const response = await setup().app.request('/board');

    expect([response.status, response.headers.get('Refresh')]).toEqual([503, '5']);
    expect(await response.text()).toContain(`${REDIS_IS_DOWN}\n`);
  });

  it('is ready without Redis when tasks are switched off, and says so', async () => {
    const response = await setup({ TASKS_ENABLED: 'false' }).app.request('/readyz');

    expect([response.status, await response.json()]).toEqual([
      200,
      {
        status: 'ready',
        problems: [],
        warnings: ['TASKS_ENABLED is false: this process neither schedules nor runs nor reads tasks'],
      },
    ]);
  });

  it('says on the board that tasks are switched off, and does not look again', async () => {
    const response = await setup({ TASKS_ENABLED: 'false' }).app.request('/board');

    expect([response.status, response.headers.get('Refresh')]).toEqual([503, null]);
    expect(await response.text()).toBe(
      'TASKS_ENABLED is false: this process neither schedules nor runs nor reads tasks, so there is no board\n',
    );
  });

  it('says the same to the pages of an open board, in their own shape', async () => {
    const response = await setup().app.request('/board/api/queues', {
      headers: { 'X-Correlation-ID': 'req-42' },
    });

    expect([response.status, await response.json()]).toEqual([
      503,
      { error: REDIS_IS_DOWN, correlationId: 'req-42' },
    ]);
  });

  it('asks for the password before anything else', async () => {
    const { app } = setup({ HOST: '0.0.0.0', BOARD_PASSWORD: 's3cret' });
    const response = await app.request('http://board.example/board/api/queues');

    expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([
      401,
      'Basic realm="Drover board"',
    ]);
    expect((await app.request('http://board.example/healthz')).status).toBe(200);
  });

  it('refuses foreign hosts on a loopback address', async () => {
    expect((await setup().app.request('http://rebound.evil.example/board')).status).toBe(403);
  });

  it('refuses changes on the board from other origins', async () => {
    const response = await setup().app.request('/board/api/queues/pause', {
      method: 'PUT',
      headers: { Origin: 'https://evil.example' },
    });

    expect([response.status, await response.json()]).toMatchObject([
      403,
      { error: { code: 'foreign-origin' } },
    ]);
  });

  it.each([
    ['/helthz', 'expected a known path, got GET /helthz. Did you mean "/healthz"?'],
    ['/bord', 'expected a known path, got GET /bord. Did you mean "/board"?'],
    ['/nothing/like/it', 'expected a known path, got GET /nothing/like/it.'],
    ['/', 'expected a known path, got GET /. Known are: /healthz, /readyz, /metrics, /board, /users'],
  ])('answers %s with 404 and the nearest path', async (path, message) => {
    const response = await setup().app.request(path, { headers: { 'X-Correlation-ID': 'req-42' } });

    expect([response.status, await response.json()]).toEqual([
      404,
      { error: { code: 'not-found', message }, correlationId: 'req-42' },
    ]);
  });

  it('answers what a route throws with 500, and tells the reason only to the log', async () => {
    const { app, logger } = setup();
    const response = await app.request('/users', {
      method: 'POST',
      body: '{"email":"ada@example.com","name":"Ada"}',
      headers: { 'X-Correlation-ID': 'req-42' },
    });

    expect([response.status, await response.json()]).toEqual([
      500,
      {
        error: {
          code: 'internal-error',
          message: 'the server failed; its log says why, under the correlation ID',
        },
        correlationId: 'req-42',
      },
    ]);
    expect(logger.error.mock.calls[0]?.[1]).toEqual(new Error('connection string with a password'));
  });

  it('refuses a body over the limit', async () => {
    const response = await setup().app.request('/users', {
      method: 'POST',
      body: 'x'.repeat(MAX_BODY_BYTES + 1),
    });

    expect([response.status, await response.json()]).toMatchObject([
      413,
      { error: { code: 'body-too-large' } },
    ]);
  });

  it('confines its pages to this server', async () => {
    const { headers } = await setup().app.request('/nothing');

    expect(headers.get('Content-Security-Policy')).toContain("default-src 'self'");
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect([headers.get('X-Frame-Options'), headers.get('X-Content-Type-Options')]).toEqual([
      'DENY',
      'nosniff',
    ]);
  });

  it('logs an open board at debug level, and what is done there at info level', async () => {
    // Refused at the door, which needs no Redis.
    const { app, logger } = setup({ BOARD_PASSWORD: 's3cret' });
    await app.request('/healthz');
    await app.request('/board/api/queues');
    await app.request('/board/api/queues/pause', { method: 'PUT' });

    const lines = (calls: readonly unknown[][]) =>
      calls.filter(([message]) => message === 'HTTP request').length;
    expect([lines(logger.debug.mock.calls), lines(logger.info.mock.calls)]).toEqual([2, 1]);
  });

  it('refuses a wrong list of tasks at once', () => {
    const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
    const tasks = [sendEmailTask, sendEmailTask];

    expect(() => createHttpApp({ tasks, appConfig, logger: getMockedLogger() })).toThrow(TaskRegistryError);
  });
});
