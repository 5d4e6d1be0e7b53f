import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { type LocalRedis, startLocalRedis } from '@backend/redis/localRedis';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { createRunningApp } from './__fixtures__/RunningApp';
import { exportDataTask, sendEmailTask } from './__fixtures__/sampleTasks';

const tasks = [sendEmailTask, exportDataTask];

const startRedis = async (port?: number): Promise<LocalRedis> =>
  (
    await startLocalRedis({
      appendOnly: false,
      dataDir: '.data/test',
      ...(port === undefined ? {} : { port }),
    })
  )._unsafeUnwrap();

describe('createHttpApp on Redis', () => {
  it('is ready once every task has a worker, and not before', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks });
    const readiness = async () => {
      const response = await running.app.request('/readyz');
      return [response.status, await response.json()];
    };

    expect(await readiness()).toEqual([
      503,
      {
        status: 'not-ready',
        problems: [
          'no worker takes emails:send: start the worker (in development: make dev-worker)',
          'no worker takes users:export-data: start the worker (in development: make dev-worker)',
        ],
        warnings: [],
      },
    ]);
    await running.startWorker(['emails:send']);
    expect(await readiness()).toMatchObject([
      503,
      {
        problems: ['no worker takes users:export-data: start the worker (in development: make dev-worker)'],
      },
    ]);
    await running.startWorker(['users:export-data']);
    expect(await readiness()).toEqual([200, { status: 'ready', problems: [], warnings: [] }]);
    await running.stopWorkers();
    expect(await readiness()).toMatchObject([503, { status: 'not-ready' }]);
  });

  it('is ready with a warning when Redis does not list its clients', async () => {
    await using redis = await startRedis();
    const running = createRunningApp({ redisUrl: redis.url, tasks });
    await using _running = running;
    await run(redis, 'ACL', 'SETUSER', 'default', '-client|list');
    const response = await running.app.request('/readyz');

    expect([response.status, await response.json()]).toMatchObject([
      200,
      { status: 'ready', warnings: [expect.stringContaining('it is not known whether workers are there')] },
    ]);
  });

  it('is ready again after Redis was down, on the same connection', async () => {
    const { port } = await startAndStopRedis();
    await using running = createRunningApp({ redisUrl: `redis://127.0.0.1:${port}`, tasks });
    const redisProblems = async (): Promise<string[]> => {
      const { problems } = (await (await running.app.request('/readyz')).json()) as { problems: string[] };
      return problems.filter((problem) => problem.startsWith('Redis '));
    };

    expect((await redisProblems()).length).toBe(1);
    for (let outage = 1; outage <= 2; outage += 1) {
      await using _redis = await startRedis(port);
      await until(async () => (await redisProblems()).length === 0);
    }
    expect((await redisProblems()).length).toBe(1);
  });

  it('serves the board again after Redis was down, also when it was down at first', async () => {
    const { port } = await startAndStopRedis();
    await using running = createRunningApp({ redisUrl: `redis://127.0.0.1:${port}`, tasks });
    const boardStatus = async () => (await running.app.request('/board/api/queues')).status;

    expect(await boardStatus()).toBe(503);
    for (let outage = 1; outage <= 2; outage += 1) {
      await using _redis = await startRedis(port);
      await until(async () => (await boardStatus()) === 200);
      expect(await (await running.app.request('/board/api/queues')).json()).toMatchObject({
        queues: [{ name: '{emails.send}' }, { name: '{users.export-data}' }],
      });
    }
    expect(await boardStatus()).toBe(503);
  });

  it('answers within 3 s when Redis hangs', async () => {
    await using redis = await startRedis();
    await using running = createRunningApp({ redisUrl: redis.url, tasks });
    expect((await running.app.request('/board/api/queues')).status).toBe(200);
    process.kill(redis.pid ?? 0, 'SIGSTOP');
    const startedAtMs = performance.now();
    const responses = await Promise.all(
      ['/board', '/board/api/queues', '/readyz'].map((path) => running.app.request(path)),
    );
    const ms = performance.now() - startedAtMs;
    process.kill(redis.pid ?? 0, 'SIGCONT');

    expect(responses.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(ms).toBeLessThan(3000);
  });
});

const startAndStopRedis = async (): Promise<{ readonly port: number }> => {
  await using redis = await startRedis();
  return { port: redis.port ?? 0 };
};

const run = async ({ port }: LocalRedis, ...command: string[]): Promise<void> => {
  const client = new Bun.RedisClient(`redis://127.0.0.1:${port}`);
  await client.send(command[0] ?? '', command.slice(1));
  client.close();
};
