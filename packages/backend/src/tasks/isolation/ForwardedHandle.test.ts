import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { CancelError } from '../domain/CancelError';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { type FoundHandle, type TaskEvent, type TaskHandle } from '../domain/TaskHandle';
import { TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { TaskResultError } from '../domain/TaskResultError';
import { linkedContext } from './__fixtures__/linkedContext';

const mailTask = defineTask({
  queueName: 'emails:send',
  schema: z.object({}),
  handler: () => ok({ sent: 1 }),
});

const id = TaskId();

const record: TaskRecord = {
  ...{
    id,
    name: 'emails:send',
    status: 'cancelled',
    payload: { at: '2026-01-01' },
    attempt: 1,
    maxAttempts: 3,
  },
  ...{ crashCount: 0, scheduledAt: new Date(1), endedAt: new Date(3), cancelReason: 'no more' },
  steps: [{ name: 'charge', place: 0, endedAt: new Date(2) }],
};

const failed = new TaskResultError('it failed', {
  code: 'failed',
  failure: { message: 'no', code: 'fatal', reason: 'fatal', attempt: 1 },
});

/** The handle that an isolated handler gets for a task whose worker answers what `given` does. */
const setup = async (given: Partial<FoundHandle>): Promise<TaskHandle<{ readonly sent: number }>> => {
  const facts = {
    id,
    taskName: 'emails:send',
    correlationId: CorrelationId(),
    disposition: 'created' as const,
  };
  const found = { ...facts, ...given } as TaskHandle; // the methods that a test asks for
  const context = linkedContext({
    context: { schedule: (async () => ok(found)) as TaskContext['schedule'] },
    tasks: [mailTask],
    findHandle: (task, asked) => {
      expect([task, asked]).toEqual([mailTask, id]);
      return found;
    },
  });
  return (await context.schedule(mailTask, {}))._unsafeUnwrap();
};

const toEvents = (events: readonly TaskEvent[], seen: TaskEvent[] = []) =>
  async function* () {
    for (const event of events) {
      seen.push(event);
      yield event;
    }
  };

describe('a handle of an isolated handler', () => {
  it('asks the worker for status, progress and result', async () => {
    const handle = await setup({
      status: async () => ok('running'),
      progress: async () => ok(undefined),
      result: async (options) => ok({ sent: options?.timeoutMs }),
    });

    expect((await handle.status())._unsafeUnwrap()).toBe('running');
    expect((await handle.progress())._unsafeUnwrap()).toBeUndefined();
    expect((await handle.result({ timeoutMs: 7 }))._unsafeUnwrap()).toEqual({ sent: 7 });
    expect((await handle.result())._unsafeUnwrap()).toEqual({ sent: 30_000 });
  });

  it('gets errors of their classes', async () => {
    const handle = await setup({
      result: async () => err(failed),
      cancel: async () =>
        err(new CancelError('it has ended', { code: 'not-cancellable', metadata: { status: 'failed' } })),
    });
    const [result, cancelled] = [await handle.result(), await handle.cancel('no more')];

    expect(result._unsafeUnwrapErr()).toBeInstanceOf(TaskResultError);
    expect(result._unsafeUnwrapErr()).toMatchObject({
      code: 'failed',
      failure: failed.failure,
      message: 'it failed',
    });
    expect(cancelled._unsafeUnwrapErr()).toBeInstanceOf(CancelError);
    expect(cancelled._unsafeUnwrapErr()).toMatchObject({
      code: 'not-cancellable',
      metadata: { status: 'failed' },
    });
  });

  it('refuses a wait that JSON would make another one of', async () => {
    const handle = await setup({});
    const message = 'expected timeoutMs to be an integer from 0 to 2147483647, got NaN';

    expect((await handle.result({ timeoutMs: Number.NaN }))._unsafeUnwrapErr().message).toContain(message);
    for await (const { error } of handle.events({ timeoutMs: Number.NaN }))
      expect(error?.message).toContain(message);
  });

  it('cancels, and gives the record with its dates', async () => {
    const reasons: unknown[] = [];
    const handle = await setup({
      cancel: async (...given) => {
        reasons.push(given[0]);
        return ok(record);
      },
    });

    expect((await handle.cancel('no more'))._unsafeUnwrap()).toEqual(record);
    await handle.cancel();
    expect(reasons).toEqual(['no more', undefined]);
  });

  it('tells what becomes of the task, to its end', async () => {
    const events: TaskEvent[] = [
      { status: 'running' },
      { progress: { done: 1 } },
      { status: 'failed', error: failed },
    ];
    const handle = await setup({ events: toEvents(events) });
    const told: TaskEvent[] = [];
    for await (const event of handle.events()) told.push(event);

    expect(told).toMatchObject([
      events[0],
      events[1],
      { status: 'failed', error: { code: 'failed' } },
    ] as object[]);
    expect(told[2]?.error).toBeInstanceOf(TaskResultError);
  });

  it('looks on no longer when its loop is left', async () => {
    const seen: TaskEvent[] = [];
    const left = Promise.withResolvers<void>();
    const handle = await setup({
      events: async function* () {
        try {
          yield* toEvents([{ log: 'one' }, { log: 'two' }, { log: 'three' }], seen)();
        } finally {
          left.resolve();
          await Promise.reject(new Error('reaches no one, and ends nothing'));
        }
      },
    });
    for await (const { log } of handle.events()) if (log === 'two') break;
    await left.promise;
    await new Promise((resolve) => setTimeout(resolve)); // an error that is not taken comes by now

    expect(seen.map(({ log }) => log)).toEqual(['one', 'two']);
  });

  it('throws what the worker could not do', async () => {
    const handle = await setup({
      events: async function* () {
        yield { log: 'one' };
        throw new Error('the look-out is gone');
      },
    });
    const look = async () => {
      for await (const _event of handle.events());
    };

    expect(look()).rejects.toThrow('the look-out is gone');
  });
});
