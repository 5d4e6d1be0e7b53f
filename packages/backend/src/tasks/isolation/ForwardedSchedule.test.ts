import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { ScheduleError } from '../domain/ScheduleError';
import { type TaskContext, toTaskContext } from '../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { linkedContext } from './__fixtures__/linkedContext';
import { createForwardedHandle } from './ForwardedHandle';

const mailTask = defineTask({
  queueName: 'emails:send',
  schema: z.object({ to: z.string(), at: z.coerce.date().optional() }),
  handler: () => ok(),
});

/** A worker that notes what it is asked to schedule. */
const setup = () => {
  const calls: unknown[][] = [];
  const { correlationId } = toTaskContext('a:b');
  const facts = { id: TaskId(), taskName: 'emails:send', correlationId, disposition: 'created' as const };
  const schedule = (async (...call: unknown[]) => {
    calls.push(call);
    return ok(createForwardedHandle(facts, () => Promise.reject(new Error('asked in the worker'))));
  }) as TaskContext['schedule'];
  const context = linkedContext({ context: { schedule }, tasks: [mailTask] });
  return { calls, facts, context };
};

describe('schedule of an isolated handler', () => {
  it('is done by the worker, with its definition, and answers a handle', async () => {
    const { calls, facts, context } = setup();
    const at = new Date(Date.now() + 1000);
    const handle = (
      await context.schedule(mailTask, { to: 'ada', at }, { at, metadata: { a: 1 } })
    )._unsafeUnwrap();

    expect({ ...handle }).toMatchObject(facts);
    expect(calls).toEqual([[mailTask, { to: 'ada', at: at.toISOString() }, { at, metadata: { a: 1 } }]]);
    expect(calls[0]?.[0]).toBe(mailTask);
  });

  const cyclic: { to: string; self?: unknown } = { to: 'ada' };
  cyclic.self = cyclic;
  const refusals: [
    what: string,
    task: unknown,
    payload: unknown,
    options: object,
    code: string,
    message: string,
  ][] = [
    [
      'a payload that breaks its schema',
      mailTask,
      { to: 7 },
      {},
      'invalid-payload',
      'to: Invalid input: expected string, received number',
    ],
    [
      'a payload that JSON cannot carry',
      defineTask({ queueName: 'emails:send', schema: z.any(), handler: () => ok() }),
      { to: new Map() },
      {},
      'invalid-payload',
      'the payload of emails:send is refused: expected to to be something JSON carries unchanged, got a Map',
    ],
    [
      'an option that JSON would make another one of',
      mailTask,
      { to: 'ada' },
      { delayMs: Number.NaN },
      'invalid-options',
      'the options for emails:send are refused: expected delayMs to be an integer from 0 to 315360000000, got NaN',
    ],
    [
      'no definition',
      undefined,
      {},
      {},
      'invalid-task',
      'expected what defineTask returns, got undefined; do the modules import each other in a circle?',
    ],
    [
      'a definition that the worker does not know',
      defineTask({ queueName: 'emails:sent', schema: z.object({}), handler: () => ok() }),
      {},
      {},
      'invalid-task',
      `the task emails:sent is refused: expected a task of the worker's registry, because an isolated handler schedules by name. Did you mean "emails:send"?`,
    ],
  ];

  it.each(refusals)('refuses %s', async (_what, task, payload, options, code, message) => {
    const { calls, context } = setup();
    const refused = await context.schedule(task as TaskDefinition<unknown>, payload, options);
    const error = refused._unsafeUnwrapErr();

    expect(error).toBeInstanceOf(ScheduleError);
    expect(error.code as string).toBe(code);
    expect(error.message).toContain(message);
    expect(calls).toEqual([]);
  });

  it('says what the worker says when Redis is away', async () => {
    const cause = new Error('ECONNREFUSED');
    const metadata = { taskId: '17', isUnknown: true };
    const error = new ScheduleError('no answer', { code: 'queue-unavailable', metadata, cause });
    const context = linkedContext({ context: { schedule: async () => err(error) }, tasks: [mailTask] });
    const copy = (await context.schedule(mailTask, { to: 'ada' }))._unsafeUnwrapErr();

    expect(copy).toBeInstanceOf(ScheduleError);
    expect(copy).toMatchObject({
      ...{ message: 'no answer', code: 'queue-unavailable', metadata, issues: [] },
      cause: { message: 'ECONNREFUSED' },
    });
  });
});
