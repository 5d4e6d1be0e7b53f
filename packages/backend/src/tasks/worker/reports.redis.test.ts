import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench, type TaskBench } from './__fixtures__/TaskBench';

const countTask = defineTask({
  queueName: 'test:count',
  schema: z.object({ to: z.number(), isFailing: z.boolean().default(false) }),
  handler: async ({ to, isFailing }, ctx) => {
    for (let n = 1; n <= to; n += 1) {
      await ctx.progress({ n, of: to });
      await ctx.log(`line ${n}`);
    }
    return isFailing ? err(new TaskError('no')) : ok();
  },
});

const eventsOf = async ({ redis, queue }: TaskBench, id: string): Promise<string[]> => {
  const entries = await redis.xrange(queue(countTask).toKey('events'), '-', '+');
  return entries.filter(([, fields]) => fields.includes(id)).map(([, fields]) => fields[1] ?? '');
};

describe('what a handler reports', () => {
  it('is written at most every 250 ms, the last of it before the end of the attempt is told', async () => {
    await using bench = await createTaskBench({ tasks: [countTask] });
    await bench.startWorker();
    const id = await bench.schedule(countTask, { to: 1000 });
    const { progress } = await bench.ended(id);
    const names = await eventsOf(bench, id);
    const logs = (await bench.inspector.getLogs(id))._unsafeUnwrap();

    expect(progress).toEqual({ n: 1000, of: 1000 });
    expect(names.filter((name) => name === 'progress').length).toBeLessThan(10);
    expect(names.slice(-3)).toEqual(['progress', 'log', 'completed']);
    expect([logs.length, logs.at(-1)]).toEqual([100, 'line 1000']);
  });

  it('is kept of each attempt', async () => {
    await using bench = await createTaskBench({ tasks: [countTask] });
    await bench.startWorker();
    const id = await bench.schedule(countTask, { to: 1, isFailing: true }, { maxAttempts: 2 });
    const { progress } = await bench.ended(id);

    expect(progress).toEqual({ n: 1, of: 1 });
    expect((await bench.inspector.getLogs(id))._unsafeUnwrap()).toEqual(['line 1', 'line 1']);
    expect(bench.messages(id)).toContain('Task failed for good');
  });

  it('is deleted with the task', async () => {
    await using bench = await createTaskBench({ tasks: [countTask] });
    await bench.startWorker();
    const id = await bench.schedule(countTask, { to: 1 });
    await bench.ended(id);
    await (await bench.queue(countTask).getJob(id))?.remove();

    expect((await bench.keys()).filter((key) => key.includes(id))).toEqual([]);
  });

  it('that JSON does not carry fails the task for good, and says why', async () => {
    const task = defineTask({
      queueName: 'test:wrong',
      schema: z.object({}),
      handler: async (_payload, ctx) => {
        await ctx.progress({ done: Number.NaN });
        return ok();
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const { error } = await bench.ended(await bench.schedule(task, {}));

    expect(error).toEqual({
      message: 'the progress is refused: expected done to be something JSON carries unchanged, got NaN',
      code: 'fatal',
      reason: 'fatal',
      attempt: 1,
    });
  });

  it('after its attempt was settled is dropped', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const task = defineTask({
      queueName: 'test:late',
      schema: z.object({}),
      handler: async (_payload, ctx) => {
        await ctx.progress('in time');
        await promise;
        await ctx.progress('late');
        await ctx.log('late');
        return ok();
      },
      options: { timeoutMs: 50, maxAttempts: 1 },
    });
    await using bench = await createTaskBench({ tasks: [task], env: { TASK_TIMEOUT_GRACE_MS: '10' } });
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    resolve();
    await Bun.sleep(20); // for what must not happen

    expect((await bench.record(id)).progress).toBe('in time');
    expect((await bench.inspector.getLogs(id))._unsafeUnwrap()).toEqual([]);
  });

  it('first after its attempt was settled is not taken for a report of the next one', async () => {
    const second = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const task = defineTask({
      queueName: 'test:zombie',
      schema: z.object({}),
      handler: async (_payload, ctx) => {
        if (ctx.attempt === 2) {
          second.resolve();
          await late.promise;
          await Bun.sleep(20); // for what must not happen
          return ok();
        }
        await second.promise;
        await ctx.progress('late');
        await ctx.log('late');
        late.resolve();
        return ok();
      },
      options: { timeoutMs: 300, maxAttempts: 2 },
    });
    await using bench = await createTaskBench({ tasks: [task], env: { TASK_TIMEOUT_GRACE_MS: '10' } });
    await bench.startWorker();
    const { id, status, attempt, progress } = await bench.ended(await bench.schedule(task, {}));

    expect([status, attempt, progress]).toEqual(['completed', 2, undefined]);
    expect((await bench.inspector.getLogs(id))._unsafeUnwrap()).toEqual([]);
  });

  it('is written also when the lock of its run had lapsed', async () => {
    const task = defineTask({
      queueName: 'test:lapsed',
      schema: z.object({}),
      handler: async (_payload, ctx) => {
        await bench.redis.del(bench.queue(task).toKey(`${ctx.taskId}:lock`));
        await ctx.progress('mine');
        return ok();
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const { status, progress } = await bench.ended(await bench.schedule(task, {}));

    expect([status, progress]).toEqual(['completed', 'mine']);
  });

  it('is written by the run alone that has the task', async () => {
    const task = defineTask({
      queueName: 'test:stolen',
      schema: z.object({}),
      handler: async (_payload, ctx) => {
        await bench.redis.set(bench.queue(task).toKey(`${ctx.taskId}:lock`), 'another');
        await ctx.progress('mine');
        await Bun.sleep(20); // for what must not happen
        seen.push((await bench.record(ctx.taskId)).progress);
        return ok();
      },
      options: { maxAttempts: 1 },
    });
    const seen: unknown[] = [];
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    await bench.schedule(task, {});
    await until(async () => seen.length === 1);

    expect(seen).toEqual([undefined]);
  });
});
