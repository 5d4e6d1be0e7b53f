import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';

const setup = async () => {
  const task = defineTask({
    queueName: 'reports:build',
    schema: z.object({}),
    handler: async (_payload, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return ok('built');
    },
    options: { maxAttempts: 7 },
  });
  const bench = await createTaskBench({ tasks: [task] });
  const schedule = async () => (await bench.scheduler.schedule(CorrelationId(), task, {}))._unsafeUnwrap();
  return { bench, task, schedule };
};

describe('the cancel of a handle', () => {
  it('cancels a task that waits', async () => {
    const { bench, schedule } = await setup();
    await using _ = bench;
    const handle = await schedule();
    const cancelled = (await handle.cancel('no longer wanted'))._unsafeUnwrap();

    expect(cancelled).toMatchObject({
      status: 'cancelled',
      cancelReason: 'no longer wanted',
      maxAttempts: 7,
    });
    expect(cancelled).toEqual(await bench.record(handle.id));
  });

  it('stops a task that runs, and whoever waits for its result hears why', async () => {
    const { bench, task, schedule } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const { id } = await schedule();
    await bench.reaches(id, 'running');
    const found = bench.scheduler.handle(task, id);
    const result = found.result();
    const asked = (await found.cancel('no longer wanted'))._unsafeUnwrap();

    expect(asked).toMatchObject({ status: 'running', cancelRequestedAt: expect.any(Date), maxAttempts: 7 });
    expect((await result)._unsafeUnwrapErr()).toMatchObject({
      code: 'cancelled',
      metadata: { reason: 'no longer wanted' },
    });
    expect((await found.cancel())._unsafeUnwrap().status).toBe('cancelled');
  });

  it('cancels the children of a task whose cancellation was answered to nobody', async () => {
    const { bench, task, schedule } = await setup();
    await using _ = bench;
    const [parent, child] = [await schedule(), await schedule()];
    (await parent.cancel())._unsafeUnwrap();
    const stored = JSON.stringify({ id: child.id, name: child.taskName, round: 0 });
    await bench.redis.hset(bench.queue(task).toKey(parent.id), 'child:x', stored);
    const again = (await parent.cancel())._unsafeUnwrap();

    expect(again.status).toBe('cancelled');
    expect((await child.status())._unsafeUnwrap()).toBe('cancelled');
  });

  it('answers what the task is that has ended', async () => {
    const task = defineTask({ queueName: 'a:b', schema: z.object({}), handler: () => ok('done') });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const handle = (await bench.scheduler.schedule(CorrelationId(), task, {}))._unsafeUnwrap();
    await bench.ended(handle.id);

    expect((await handle.cancel())._unsafeUnwrapErr()).toMatchObject({
      code: 'not-cancellable',
      message: `expected a task that is pending, scheduled, retrying or running, got ${handle.id}, which is completed`,
      metadata: { status: 'completed' },
    });
  });

  it('refuses a reason that is none', async () => {
    const { bench, schedule } = await setup();
    await using _ = bench;
    const handle = await schedule();

    expect((await handle.cancel(''))._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-reason',
      message: 'expected reason to be a text of 1 to 1000 characters, got ""',
    });
  });

  it('finds no task that the queue does not hold, and refuses an id or a definition that is none', async () => {
    const { bench, task } = await setup();
    await using _ = bench;
    const id = TaskId();
    const errorOf = async (given: string, definition: TaskDefinition<unknown> = task) =>
      (await bench.scheduler.handle(definition, given as TaskId).cancel())._unsafeUnwrapErr();

    expect(await errorOf(id)).toMatchObject({
      code: 'not-found',
      message: `no queue of this name holds the task "${id}"`,
    });
    expect(await errorOf('wait')).toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('expected id to be a task id, got "wait"'),
    });
    expect(await errorOf(id, null as unknown as TaskDefinition<unknown>)).toMatchObject({
      code: 'invalid-options',
    });
  });
});
