import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { validate } from '@core/validation/validate';
import { err, ok, okAsync } from 'neverthrow';
import { z } from 'zod';
import { type TaskContext } from './TaskContext';
import { defineTask, type TaskSpecification } from './TaskDefinition';
import { TaskError } from './TaskError';

const schema = z.object({ to: z.string() });

/** A specification as plain JavaScript may bring it, past the compiler. */
const problemsOf = (specification: unknown): readonly string[] =>
  defineTask(specification as TaskSpecification<unknown, unknown>).problems;

describe('defineTask', () => {
  it.each([
    [
      'validator',
      defineTask({ queueName: 'a:b', validator: (data) => validate(schema, data), handler: () => ok(1) }),
    ],
    ['schema', defineTask({ queueName: 'a:b', schema, handler: () => ok(1) })],
  ])('checks payloads with its %s', (_source, task) => {
    expect(task.problems).toEqual([]);
    expect(task.validator({ to: 'ada' })._unsafeUnwrap()).toEqual({ to: 'ada' });
    expect(task.validator({ to: 1 }).isErr()).toBe(true);
  });

  it('is plain frozen data with name, options, schema and output', () => {
    const output = z.object({ messageId: z.string() });
    const options = { priority: 'high', maxAttempts: 3 } as const;
    const task = defineTask({
      queueName: 'a:b',
      schema,
      output,
      handler: () => ok({ messageId: '1' }),
      options,
    });

    expect(task).toEqual({
      queueName: 'a:b',
      options,
      schema,
      output,
      problems: [],
      validator: expect.any(Function),
      handler: expect.any(Function),
    });
    expect([task, task.options, task.problems].every(Object.isFrozen)).toBe(true);
  });

  it('has neither schema nor output unless they are given', () => {
    const task = defineTask({ queueName: 'a:b', validator: () => ok(1), handler: () => ok(1) });

    expect(['schema' in task, 'output' in task, task.options]).toEqual([false, false, {}]);
  });

  it('keeps its options when the given ones change later', () => {
    const options: { maxAttempts: number } = { maxAttempts: 3 };
    const task = defineTask({ queueName: 'a:b', schema, handler: () => ok(1), options });
    options.maxAttempts = -1;

    expect(task.options.maxAttempts).toBe(3);
  });

  const handler = () => ok(1);

  it.each([
    ['expected exactly one of validator and schema, got neither', { queueName: 'a:b', handler }],
    [
      'expected exactly one of validator and schema, got both',
      { queueName: 'a:b', handler, schema, validator: () => ok(1) },
    ],
    ['expected validator to be a function, got "x"', { queueName: 'a:b', handler, validator: 'x' }],
    ['expected schema to be a zod schema, got {}', { queueName: 'a:b', handler, schema: {} }],
    ['expected output to be a zod schema, got "x"', { queueName: 'a:b', handler, schema, output: 'x' }],
    ['expected handler to be a function, got undefined', { queueName: 'a:b', schema }],
    ['expected queueName to be a string, got undefined', { schema, handler }],
    [
      'expected maxAttempts to be an integer from 1 to 1000, got 0',
      { queueName: 'a:b', schema, handler, options: { maxAttempts: 0 } },
    ],
  ])('notes: %s', (problem, specification) => {
    expect(problemsOf(specification)).toEqual([problem]);
  });

  it('notes every problem at once and throws none', () => {
    expect(problemsOf({ queueName: 'a b', options: { maxAttempts: 0, priority: 'x' } })).toHaveLength(5);
  });

  it('refuses every payload when it has neither validator nor schema', () => {
    const task = defineTask({ queueName: 'a:b', handler } as unknown as TaskSpecification<unknown, number>);

    expect(task.validator({})._unsafeUnwrapErr().message).toBe(
      'the task a:b has neither validator nor schema',
    );
  });
});

describe('TaskDefinition.handler', () => {
  const contexts: TaskContext[] = [];
  const task = defineTask({
    queueName: 'a:b',
    schema,
    handler: ({ to }, context) => {
      contexts.push(context);
      return to === 'nobody' ? err(new TaskError('no such user')) : ok({ to });
    },
  });
  const lastContext = () => contexts.at(-1);

  it('runs in a context of four fields, the rest filled in', async () => {
    const given = { correlationId: CorrelationId(), logger: getMockedLogger(), attempt: 2, maxAttempts: 3 };
    const result = await task.handler({ to: 'ada' }, given);

    expect(result._unsafeUnwrap()).toEqual({ to: 'ada' });
    expect(lastContext()).toMatchObject({ ...given, taskName: 'a:b', workerId: 'direct', metadata: {} });
  });

  it('runs without any context', async () => {
    await task.handler({ to: 'ada' });

    expect(lastContext()).toMatchObject({ taskName: 'a:b', attempt: 1, maxAttempts: 1 });
  });

  it('answers with what the handler returns, an error too, and does not retry it', async () => {
    const before = contexts.length;

    expect((await task.handler({ to: 'nobody' }))._unsafeUnwrapErr().message).toBe('no such user');
    expect(contexts.length).toBe(before + 1);
  });

  it('accepts a handler that returns a ResultAsync', async () => {
    const asyncTask = defineTask({ queueName: 'a:b', schema, handler: () => okAsync('done') });

    expect((await asyncTask.handler({ to: 'ada' }))._unsafeUnwrap()).toBe('done');
  });

  it('rejects, and does not throw, when the handler throws', () => {
    const throwing = defineTask({
      queueName: 'a:b',
      schema,
      handler: () => {
        throw new Error('boom');
      },
    });

    expect(throwing.handler({ to: 'ada' })).rejects.toThrow('boom');
  });
});
