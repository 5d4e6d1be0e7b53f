import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { ChildError } from '../../domain/ChildError';
import { ScheduleError } from '../../domain/ScheduleError';
import { chain, chord, group } from '../../domain/TaskChain';
import { call } from '../../domain/TaskChildren';
import { type TaskContext } from '../../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { TaskResultError } from '../../domain/TaskResultError';

/** Runs in the worker. */
export const doubleTask = defineTask({
  queueName: 'family:double',
  schema: z.number(),
  output: z.number(),
  handler: (n) => ok(2 * n),
});

const sumTask = defineTask({
  queueName: 'family:sum',
  schema: z.array(z.number()),
  output: z.number(),
  handler: (numbers) => ok(numbers.reduce((a, b) => a + b, 0)),
});

/** Fails at once. */
export const failTask = defineTask({
  queueName: 'family:fail',
  schema: z.object({}),
  handler: () => err(TaskError.fatal('no luck', { odds: 0 })),
});

/** Runs until its parent is cancelled. */
export const patientTask = defineTask({
  queueName: 'family:patient',
  schema: z.object({}),
  handler: async (_payload, { signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return ok();
  },
  options: { timeoutMs: 60_000 },
});

/** Not in the list. */
const strangeTask = defineTask({ queueName: 'family:doubled', schema: z.object({}), handler: () => ok() });

const acts: Readonly<Record<string, (ctx: TaskContext) => Promise<unknown>>> = {
  schedules: async ({ schedule }) => {
    const handle = (await schedule(doubleTask, 4, { at: new Date() }))._unsafeUnwrap();
    const result = await handle.result();
    const seen: unknown[] = [];
    for await (const { status } of handle.events()) seen.push(status);
    const failing = (await schedule(failTask, {}))._unsafeUnwrap();
    const failed = (await failing.result())._unsafeUnwrapErr();
    const cancelled = (
      await (await schedule(doubleTask, 1, { delayMs: 60_000 }))._unsafeUnwrap().cancel('no need')
    )._unsafeUnwrap();
    return {
      ...{
        id: handle.id,
        status: (await handle.status())._unsafeUnwrap(),
        result: result._unsafeUnwrap(),
        seen,
      },
      failed: failed instanceof TaskResultError && [failed.code, failed.failure?.message],
      cancelled: cancelled.scheduledAt instanceof Date && [cancelled.status, cancelled.cancelReason],
    };
  },
  refusals: async ({ schedule, children }) => {
    const refused = [
      await schedule(doubleTask, 'four' as never),
      await schedule(doubleTask, 4, { delayMs: Number.NaN }),
      await schedule(strangeTask, {}),
    ].map((each) => each._unsafeUnwrapErr());
    const [child] = await children.run([[doubleTask, Number.NaN]]);
    const childError = child._unsafeUnwrapErr();
    return [...refused, childError].map((error) => [
      error instanceof ScheduleError || error instanceof ChildError ? error.name : 'another class',
      error.code,
    ]);
  },
  waits: async ({ children }) => {
    const numbers = Array.from({ length: 10 }, (_one, n) => n);
    const doubled = await children.run(numbers.map((n) => call(doubleTask, n)));
    const [failed] = await children.run([[failTask, {}]]);
    const error = failed._unsafeUnwrapErr();
    return {
      values: doubled.map((each) => each._unsafeUnwrap()),
      failed: error instanceof ChildError && [error.code, error.failure?.metadata],
    };
  },
  waitsLong: ({ children }) => children.run([[patientTask, {}]]),
  dies: async ({ children, attempt }) => {
    const running = children.run([[doubleTask, 21, attempt === 1 ? { delayMs: 1000 } : {}]]);
    if (attempt === 1) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);
    const [child] = await running;
    return [attempt, child._unsafeUnwrap()];
  },
};

/** Does what its payload says, in a process of its own. */
export const parentTask = defineTask({
  queueName: 'family:parent',
  schema: z.object({ act: z.string() }),
  handler: async ({ act }, ctx) => ok(await acts[act]?.(ctx)),
  options: { isolate: true, maxAttempts: 2 },
});

/** Made of parts, in a process of its own: doubles, doubles twice side by side, adds. */
export const composedTask = defineTask({
  queueName: 'family:composed',
  schema: z.number(),
  handler: chain(doubleTask, chord(group([doubleTask, doubleTask]), sumTask)),
  options: { isolate: true, maxAttempts: 1 },
});

/** What the processes load. */
export const tasks: TaskDefinition<unknown>[] = [
  ...[doubleTask, sumTask, failTask, patientTask],
  ...[parentTask, composedTask],
];
