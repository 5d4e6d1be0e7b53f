import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { ChildError, type ChildErrorCode } from './ChildError';
import { chain, chord, group } from './TaskChain';
import { type ChildCall, noChildren, type TaskChildren } from './TaskChildren';
import { type TaskContext, toTaskContext } from './TaskContext';
import { defineTask } from './TaskDefinition';
import { TaskError } from './TaskError';
import { TaskId } from './TaskId';

const schema = z.object({ n: z.number() });

const addTask = defineTask({ queueName: 'test:add', schema, handler: async ({ n }) => ok({ n: n + 1 }) });
const doubleTask = defineTask({
  queueName: 'test:double',
  schema,
  handler: async ({ n }) => ok({ n: 2 * n }),
});
const sumTask = defineTask({
  queueName: 'test:sum',
  schema: z.tuple([schema, schema]),
  handler: async ([one, other]) => ok(one.n + other.n),
});

/** A context whose children run at once, and fail by name. */
const setup = (failing: Readonly<Record<string, ChildErrorCode>> = {}) => {
  const ran: string[] = [];
  const childId = TaskId();
  const runCall = async ([task, payload]: ChildCall): Promise<Result<unknown, ChildError>> => {
    const { queueName: taskName } = task;
    ran.push(taskName);
    const code = failing[taskName];
    if (code !== undefined) return err(new ChildError('it broke', { code, taskName, taskId: childId }));
    return ok((await task.handler(payload))._unsafeUnwrap());
  };
  const run = (calls: readonly ChildCall[]) => Promise.all(calls.map(runCall));
  const context: TaskContext = toTaskContext('test:parent', { children: { run } as unknown as TaskChildren });
  return { context, ran, childId };
};

describe('chain', () => {
  it('gives each part what the one before it gave', async () => {
    const { context, ran } = setup();
    const handler = chain(addTask, doubleTask, async ({ n }: { readonly n: number }) => ok(`${n}`));

    expect((await handler({ n: 3 }, context))._unsafeUnwrap()).toBe('8');
    expect(ran).toEqual(['test:add', 'test:double']);
  });

  it('ends with the error of the first part that fails, which names the child', async () => {
    const { context, ran, childId } = setup({ 'test:double': 'failed' });
    const error = (await chain(addTask, doubleTask, addTask)({ n: 3 }, context))._unsafeUnwrapErr();

    expect(error).toMatchObject({
      name: 'TaskError',
      message: 'it broke',
      code: 'task-failed',
      metadata: { code: 'failed', taskName: 'test:double', taskId: childId },
    });
    expect(ran).toEqual(['test:add', 'test:double']);
  });

  const codes: [code: ChildErrorCode, outcome: string][] = [
    ['failed', 'task-failed'],
    ['expired', 'task-failed'],
    ['removed', 'task-failed'],
    ['timed-out', 'task-failed'],
    ['queue-unavailable', 'task-failed'],
    ['cancelled', 'fatal'],
    ['invalid-payload', 'fatal'],
    ['invalid-options', 'fatal'],
    ['invalid-task', 'fatal'],
    ['never-runs', 'fatal'],
    ['not-in-worker', 'fatal'],
  ];

  it.each(codes)('makes of a part that ended as %s an error with code %s', async (code, outcome) => {
    const { context } = setup({ 'test:add': code });

    expect((await chain(addTask)({ n: 1 }, context))._unsafeUnwrapErr()).toMatchObject({ code: outcome });
  });

  it('hands the error of a handler on as it is', async () => {
    const { context } = setup();
    const failure = new TaskError('no');
    const handler = chain(async (_input: { readonly n: number }) => err(failure));

    expect((await handler({ n: 1 }, context))._unsafeUnwrapErr()).toBe(failure);
  });

  it('fails for good at a handler that returns no Result, as a worker does', async () => {
    const { context, ran } = setup();
    const forgetful = (async (_input: { readonly n: number }) => undefined) as never;
    const error = (await chain(addTask, forgetful, doubleTask)({ n: 1 }, context))._unsafeUnwrapErr();

    expect(error).toMatchObject({
      code: 'invalid-output',
      message: 'expected the handler to return ok(...) or err(...), got undefined',
    });
    expect(ran).toEqual(['test:add']);
  });

  it('says in a direct call that children run in a worker', async () => {
    const context = toTaskContext('test:parent', { children: noChildren });

    expect((await chain(addTask)({ n: 1 }, context))._unsafeUnwrapErr()).toMatchObject({ code: 'fatal' });
  });
});

describe('group', () => {
  it('gives every part the same input, and answers their values in order', async () => {
    const { context } = setup();

    expect(
      (await group([addTask, chain(doubleTask, doubleTask)])({ n: 3 }, context))._unsafeUnwrap(),
    ).toEqual([{ n: 4 }, { n: 12 }]);
  });

  it('waits for all of them, and answers the first error in order', async () => {
    const { context, ran } = setup({ 'test:double': 'failed' });
    const error = (await group([doubleTask, addTask])({ n: 3 }, context))._unsafeUnwrapErr();

    expect(error).toMatchObject({ metadata: { taskName: 'test:double' } });
    expect(ran).toEqual(['test:double', 'test:add']);
  });
});

describe('chord', () => {
  it('gives the values of the group to its last part', async () => {
    const { context } = setup();

    expect((await chord(group([addTask, doubleTask]), sumTask)({ n: 3 }, context))._unsafeUnwrap()).toBe(10);
  });

  it('does not run its last part when one of the group fails', async () => {
    const { context, ran } = setup({ 'test:add': 'failed' });
    const result = await chord(group([addTask, doubleTask]), sumTask)({ n: 3 }, context);

    expect(result.isErr()).toBe(true);
    expect(ran).toEqual(['test:add', 'test:double']);
  });
});

describe('a composed handler with a wrong part', () => {
  const absent = undefined as never;
  const circle =
    'expected a task definition or a handler, got undefined; do the modules import each other in a circle?';
  const unnamed = defineTask({ queueName: 'no good', schema, handler: async ({ n }) => ok({ n }) });
  const define = (handler: unknown) =>
    defineTask({ queueName: 'test:composed', schema, handler: handler as never });

  const wrong: [handler: () => unknown, problems: readonly string[]][] = [
    [() => chain(addTask, absent), [`part 2 of the chain: ${circle}`]],
    [
      () => chain(absent, 7 as never),
      [
        `part 1 of the chain: ${circle}`,
        'part 2 of the chain: expected a task definition or a handler, got 7',
      ],
    ],
    [
      () => chain({ queueName: 'test:add' } as never),
      ['part 1 of the chain: expected a task definition or a handler, got {"queueName":"test:add"}'],
    ],
    [() => group(absent), ['expected the parts of the group to be a list, got undefined']],
    [() => group([addTask, absent]), [`part 2 of the group: ${circle}`]],
    [() => chord(absent, sumTask as never), [`part 1 of the chord: ${circle}`]],
    [
      () => chain(addTask, group([doubleTask, absent])),
      [`part 2 of the chain: part 2 of the group: ${circle}`],
    ],
    [
      () => chain(unnamed),
      unnamed.problems.map((problem) => `part 1 of the chain: ${problem} (task "no good")`),
    ],
  ];

  it.each(wrong)('is a problem of its definition: %#', (handler, problems) => {
    expect(define(handler()).problems).toEqual(problems);
  });

  it.each(wrong)(
    'fails for good before its first part, called without a definition: %#',
    async (handler, problems) => {
      const { context, ran } = setup();
      const run = handler() as (payload: unknown, context: TaskContext) => Promise<Result<unknown, Error>>;

      expect((await run({ n: 1 }, context))._unsafeUnwrapErr()).toMatchObject({
        code: 'fatal',
        message: problems.join('; '),
      });
      expect(ran).toEqual([]);
    },
  );

  it('is none with right parts', () => {
    expect(
      define(chord(group([addTask, chain(doubleTask, async () => ok({ n: 1 }))]), sumTask)).problems,
    ).toEqual([]);
  });
});
