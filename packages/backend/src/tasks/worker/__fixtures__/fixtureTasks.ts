import { appendFileSync } from 'node:fs';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';

/** Writes one line of evidence in one write, so that lines of several processes never mix. */
const note = (event: string, facts: object): void => {
  const { EVIDENCE_FILE: path } = process.env;
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ event, pid: process.pid, ...facts })}\n`);
};

/** Runs for `ms` milliseconds and leaves a line at its start and its end. */
export const recordTask = defineTask({
  queueName: 'fixture:record',
  schema: z.object({ n: z.number(), ms: z.number() }),
  handler: async ({ n, ms }, { taskId, attempt }) => {
    note('start', { n, taskId, attempt });
    await Bun.sleep(ms);
    note('end', { n, taskId, attempt });
    return ok({ n });
  },
  options: { backoffMs: 50 },
});

/** Never settles in its first attempt's process if `isStuck`; runs at once elsewhere. */
export const stuckTask = defineTask({
  queueName: 'fixture:stuck',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }, { taskId, attempt }) => {
    note('start', { n, taskId, attempt });
    if (process.env['STUCK'] === '1') await new Promise(() => undefined);
    note('end', { n, taskId, attempt });
    return ok({ n });
  },
});

/** Throws where no promise of its own catches it, and goes on. */
export const strayTask = defineTask({
  queueName: 'fixture:stray',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }, { taskId, attempt }) => {
    setTimeout(() => {
      throw new Error('thrown from a timer');
    }, 1);
    void Promise.reject(new Error('a dropped promise'));
    await Bun.sleep(50);
    note('end', { n, taskId, attempt });
    return ok({ n });
  },
});

/** Runs for `ms` milliseconds in the worker that has `SLOW=1`, at once elsewhere, and says which process ran it. */
export const slowTask = defineTask({
  queueName: 'fixture:slow',
  schema: z.object({ n: z.number(), ms: z.number(), isFailing: z.boolean() }),
  handler: async ({ n, ms, isFailing }, { taskId, attempt }) => {
    note('start', { n, taskId, attempt });
    if (process.env['SLOW'] === '1') await Bun.sleep(ms);
    note('end', { n, taskId, attempt });
    return isFailing ? err(new TaskError('asked to fail')) : ok({ pid: process.pid });
  },
  options: { backoffMs: 0 },
});

/**
 * Runs `count` steps of `ms` milliseconds. Each leaves a line at its start and its end, and one when it is over: then
 * Redis has its result.
 */
export const stepsTask = defineTask({
  queueName: 'fixture:steps',
  schema: z.object({ n: z.number(), ms: z.number(), count: z.number() }),
  handler: async ({ n, ms, count }, { taskId, attempt, step }) => {
    const pids: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const facts = { n, taskId, attempt, step: index };
      const { pid } = await step(`step ${index}`, async () => {
        note('start', facts);
        await Bun.sleep(ms);
        note('end', facts);
        return { pid: process.pid };
      });
      note('confirmed', facts);
      pids.push(pid);
    }
    return ok(pids);
  },
  options: { maxAttempts: 1000, backoffMs: 0 },
});

/** Runs until its signal is aborted, and leaves a line when it is; one that is deaf never ends. */
export const abortableTask = defineTask({
  queueName: 'fixture:abortable',
  schema: z.object({ n: z.number(), isDeaf: z.boolean().default(false) }),
  handler: async ({ n, isDeaf }, { taskId, attempt, signal }) => {
    note('start', { n, taskId, attempt });
    if (isDeaf) await new Promise(() => undefined);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    note('abort', { n, taskId, attempt });
    return ok({ n });
  },
});

/** Kills the process that runs it. */
export const killerTask = defineTask({
  queueName: 'fixture:killer',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }, { taskId, attempt }) => {
    note('start', { n, taskId, attempt });
    process.kill(process.pid, 'SIGKILL');
    return new Promise<never>(() => undefined);
  },
});

/** Reports what it does, in `steps` steps of 300 ms. */
export const talkTask = defineTask({
  queueName: 'fixture:talk',
  schema: z.object({ steps: z.number() }),
  output: z.object({ pid: z.number() }),
  handler: async ({ steps }, ctx) => {
    for (let step = 1; step <= steps; step += 1) {
      await ctx.progress(step);
      await ctx.log(`step ${step}`);
      await Bun.sleep(300);
    }
    return ok({ pid: process.pid });
  },
});

/** Runs three `recordTask`s, one after the other, of `ms` milliseconds each. */
export const chainTask = defineTask({
  queueName: 'fixture:chain',
  schema: z.object({ ms: z.number() }),
  handler: async ({ ms }, { children, taskId, attempt }) => {
    note('start', { n: 0, taskId, attempt });
    for (const n of [1, 2, 3]) {
      const [part] = await children.run([[recordTask, { n, ms }]]);
      if (part.isErr()) return err(part.error);
    }
    note('end', { n: 0, taskId, attempt });
    return ok({ parts: 3 });
  },
});

/** The registry of the fixture worker. */
export const fixtureTasks: TaskDefinition<unknown>[] = [
  recordTask,
  stuckTask,
  strayTask,
  slowTask,
  stepsTask,
  abortableTask,
  killerTask,
  chainTask,
  talkTask,
];
