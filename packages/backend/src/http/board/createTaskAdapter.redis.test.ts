import { describe, expect, it } from 'bun:test';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { boardPathOf, sendToBoard, waitForStatus } from '../__fixtures__/BoardClient';
import { createRunningApp, type RunningApp } from '../__fixtures__/RunningApp';
import { sendEmailTask } from '../__fixtures__/sampleTasks';

/** Fails while `isBroken`, and remembers its runs. */
const createFlakyTask = () => {
  const state = { isBroken: true, attempts: [] as number[] };
  const task = defineTask({
    queueName: 'emails:flaky',
    schema: z.object({ n: z.number() }),
    handler: async ({ n }, { attempt }) => {
      state.attempts.push(attempt);
      return state.isBroken ? err(new TaskError('still broken')) : ok({ n });
    },
    options: { maxAttempts: 2, backoffMs: 0 },
  });
  return { task, state };
};

const payload = { to: 'ada@example.com', subject: 'Receipt 7' };

describe('createTaskAdapter', () => {
  it("describes the payload for the board's forms", async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });

    expect(
      (await sendToBoard(running, 'GET', `${boardPathOf('emails:send')}/job-data-schema`)).body,
    ).toMatchObject({
      anyOf: [
        { properties: { to: { type: 'string', format: 'email' } }, required: ['to', 'subject'] },
        { required: ['payload', 'correlationId', 'v'] },
      ],
    });
  });

  it('schedules what the form adds: an id of ours, a priority, the correlation ID of the request', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    await running.startWorker();
    const form = { name: '__default__', data: payload, options: { attempts: 5, jobId: 'wait' } };
    const { status, body } = await sendToBoard(running, 'POST', `${boardPathOf('emails:send')}/add`, form);
    const { id, priority } = body['job'] as { id: TaskId; priority: number };

    expect([status, priority]).toEqual([200, 26]);
    expect(await waitForStatus(running, id, 'completed')).toMatchObject({
      name: 'emails:send',
      payload,
      correlationId: 'req-42',
      maxAttempts: 5,
    });
  });

  it('shows what a handler reports: progress and log lines', async () => {
    const task = defineTask({
      queueName: 'emails:count',
      schema: z.object({ n: z.number() }),
      handler: async ({ n }, ctx) => {
        await ctx.progress({ done: n });
        await ctx.log(`counted to ${n}`);
        return ok();
      },
    });
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [task] });
    await running.startWorker();
    const scheduled = await running.scheduler.schedule(CorrelationId(), task, { n: 3 });
    const { id } = scheduled._unsafeUnwrap();
    await waitForStatus(running, id, 'completed');
    const shown = await sendToBoard(running, 'GET', boardPathOf('emails:count', id));
    const logs = await sendToBoard(running, 'GET', `${boardPathOf('emails:count', id)}/logs`);

    expect(shown.body['job']).toMatchObject({ progress: { done: 3 } });
    expect(logs.body as unknown).toEqual(['counted to 3']);
  });

  it('runs a duplicated task as a new one', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    await running.startWorker();
    const correlationId = CorrelationId();
    const first = (await running.scheduler.schedule(correlationId, sendEmailTask, payload))._unsafeUnwrap();
    await waitForStatus(running, first.id, 'completed');
    const shown = (await sendToBoard(running, 'GET', boardPathOf('emails:send', first.id))).body['job'] as {
      data: unknown;
      opts: unknown;
    };
    const form = { name: 'x', data: shown.data, options: shown.opts };
    const { body } = await sendToBoard(running, 'POST', `${boardPathOf('emails:send')}/add`, form);
    const { id } = body['job'] as { id: TaskId };

    expect(id).not.toBe(first.id);
    expect(await waitForStatus(running, id, 'completed')).toMatchObject({ payload, correlationId });
  });

  it.each([
    ['a payload that breaks the schema', { data: { to: 'nobody' }, options: {} }, 'to: '],
    ['an option that is out of range', { data: payload, options: { delay: -5 } }, 'expected delayMs to be'],
    [
      'an option that is not ours',
      { data: payload, options: { repeat: { every: 1 } } },
      'got repeat as well',
    ],
  ])('refuses %s from the form', async (_what, form, part) => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    const { status, body } = await sendToBoard(running, 'POST', `${boardPathOf('emails:send')}/add`, {
      name: 'x',
      ...form,
    });

    expect([status, body['message']]).toEqual([400, expect.stringContaining(part)]);
    expect((await running.inspector.getQueueDepth('emails:send'))._unsafeUnwrap().pending).toBe(0);
  });

  it('gives a retried task all its attempts again', async () => {
    const { task, state } = createFlakyTask();
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [task] });
    await running.startWorker();
    const { id } = (await running.scheduler.schedule(CorrelationId(), task, { n: 7 }))._unsafeUnwrap();
    await waitForStatus(running, id, 'failed');
    state.isBroken = false;

    expect((await sendToBoard(running, 'PUT', `${boardPathOf(task.queueName, id)}/retry`)).status).toBe(204);
    expect(await waitForStatus(running, id, 'completed')).toMatchObject({ attempt: 1, value: { n: 7 } });
    expect(state.attempts).toEqual([1, 2, 1]);
  });

  it('gives a task that crashed too often another chance', async () => {
    const { task, state } = createFlakyTask();
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [task] });
    const { id } = (await running.scheduler.schedule(CorrelationId(), task, { n: 7 }))._unsafeUnwrap();
    await countCrashes(running, task.queueName, id, 3);
    await running.startWorker();
    expect((await waitForStatus(running, id, 'failed')).error?.code).toBe('crash-loop');
    state.isBroken = false;
    await sendToBoard(running, 'PUT', `${boardPathOf(task.queueName, id)}/retry`);

    expect(await waitForStatus(running, id, 'completed')).toMatchObject({ attempt: 1, crashCount: 0 });
  });

  it('retries all failed tasks of a queue', async () => {
    const { task, state } = createFlakyTask();
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [task] });
    await running.startWorker();
    const ids: TaskId[] = [];
    for (const n of [1, 2, 3]) {
      ids.push((await running.scheduler.schedule(CorrelationId(), task, { n }))._unsafeUnwrap().id);
    }
    for (const id of ids) await waitForStatus(running, id, 'failed');
    state.isBroken = false;

    expect((await sendToBoard(running, 'PUT', `${boardPathOf(task.queueName)}/retry/failed`)).body).toEqual({
      retried: 3,
      skipped: 0,
    });
    for (const id of ids) await waitForStatus(running, id, 'completed');
  });

  it('promotes a task that is delayed, and says of another one that it is none', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    const { id } = (
      await running.scheduler.schedule(CorrelationId(), sendEmailTask, payload, { delayMs: 60_000 })
    )._unsafeUnwrap();
    const promote = () => sendToBoard(running, 'PUT', `${boardPathOf('emails:send', id)}/promote`);

    expect((await promote()).status).toBe(204);
    expect(await promote()).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^only a task that is delayed is promoted, and this one is /) },
    });
  });

  it('does not run a completed task again', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    await running.startWorker();
    const { id } = (
      await running.scheduler.schedule(CorrelationId(), sendEmailTask, payload)
    )._unsafeUnwrap();
    await waitForStatus(running, id, 'completed');

    expect(await sendToBoard(running, 'PUT', `${boardPathOf('emails:send', id)}/retry`)).toMatchObject({
      status: 400,
      body: { message: 'a completed task is not run again; duplicate it instead' },
    });
  });

  it('checks edited data like new data, and keeps the envelope', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    const correlationId = CorrelationId();
    const { id } = (await running.scheduler.schedule(correlationId, sendEmailTask, payload))._unsafeUnwrap();
    const edit = (jobData: unknown) =>
      sendToBoard(running, 'PATCH', `${boardPathOf('emails:send', id)}/update-data`, { jobData });

    expect((await edit({ to: 'nobody' })).status).toBe(400);
    expect((await edit({ ...payload, to: 'grace@example.com' })).status).toBe(200);
    expect((await running.inspector.getTask(id))._unsafeUnwrap()).toMatchObject({
      payload: { ...payload, to: 'grace@example.com' },
      correlationId,
    });
  });

  it('keeps the priority of an edited task within the rules', async () => {
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [sendEmailTask] });
    const { id } = (
      await running.scheduler.schedule(CorrelationId(), sendEmailTask, payload)
    )._unsafeUnwrap();
    await sendToBoard(running, 'PATCH', `${boardPathOf('emails:send', id)}/priority`, { priority: 0 });

    expect((await sendToBoard(running, 'GET', boardPathOf('emails:send', id))).body).toMatchObject({
      job: { priority: 1 },
    });
  });
});

/** Writes what the stalled check writes when a worker dies: this process cannot die for it. */
const countCrashes = async (
  { appConfig }: RunningApp,
  taskName: string,
  id: TaskId,
  count: number,
): Promise<void> => {
  const client = new Bun.RedisClient(appConfig.redisUrl);
  await client.send('HSET', [
    `${appConfig.queuePrefix}:${toQueueName(taskName)}:${id}`,
    'stc',
    String(count),
  ]);
  client.close();
};
