import { describe, expect, it } from 'bun:test';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { boardPathOf, sendToBoard } from '../__fixtures__/BoardClient';
import { createRunningApp } from '../__fixtures__/RunningApp';
import { sampleTasks, sendEmailTask } from '../__fixtures__/sampleTasks';

const payload = { to: 'ada@example.com', subject: 'Receipt 7' };

describe('createBoardRoutes', () => {
  it('lists every task as a queue of its domain', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: sampleTasks });
    const { body } = await sendToBoard(running, 'GET', '');

    expect(body['queues']).toEqual(
      sampleTasks.map(({ queueName }) =>
        expect.objectContaining({
          name: toQueueName(queueName),
          displayName: queueName,
          delimiter: '.',
          readOnlyMode: false,
          allowRetries: true,
          allowCompletedRetries: false,
          hasWorkers: false,
        }),
      ),
    );
  });

  it('serves its pages and assets from any working directory, and nothing else', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: sampleTasks });
    const page = await running.app.request('/board');
    const html = await page.text();
    const assets = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => `/board/${path}`);
    const directory = process.cwd();
    process.chdir('/');
    const answers = await Promise.all(assets.map((path) => running.app.request(path)));
    process.chdir(directory);

    expect([page.status, html]).toEqual([200, expect.stringContaining('<base href="/board/" />')]);
    expect(assets.length).toBeGreaterThan(3);
    expect(answers.map(({ status }) => status)).toEqual(assets.map(() => 200));
    expect((await running.app.request('/board/static/..%2f..%2fpackage.json')).status).toBe(404);
    expect((await running.app.request('/board/')).headers.get('Location')).toBe('/board');
    expect(await (await running.app.request('/board/nothing')).json()).toMatchObject({
      error: { code: 'not-found', message: expect.stringContaining('GET /board/nothing') },
    });
  });

  it('shows a task by name and correlation ID, its payload first', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    const [correlationId, userId] = [CorrelationId(), UserId()];
    const { id } = (
      await running.scheduler.schedule(correlationId, sendEmailTask, payload, {
        userId,
        metadata: { order: 7 },
      })
    )._unsafeUnwrap();
    const { body } = await sendToBoard(running, 'GET', boardPathOf('emails:send', id));
    const { name, data } = body['job'] as { name: string; data: object };

    expect(name).toBe(`emails:send · ${correlationId.slice(-8)}`);
    expect(Object.entries(data)).toEqual([
      ['payload', payload],
      ['correlationId', correlationId],
      ['userId', userId],
      ['metadata', { order: 7 }],
      ['v', 1],
    ]);
  });

  it('knows no job by the name of a key of the queue', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    await sendToBoard(running, 'PUT', `${boardPathOf('emails:send')}/pause`);

    expect((await sendToBoard(running, 'PUT', `${boardPathOf('emails:send', 'meta')}/clean`)).status).toBe(
      404,
    );
    expect(await sendToBoard(running, 'GET', '')).toMatchObject({ body: { queues: [{ isPaused: true }] } });
  });

  it('lists the workers of a task', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    await running.startWorker();

    expect((await sendToBoard(running, 'GET', `${boardPathOf('emails:send')}/workers`)).body).toMatchObject({
      workers: [{ name: 'worker-1' }],
    });
  });
});
