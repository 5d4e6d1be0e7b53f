import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from './TaskDefinition';
import { type TaskOptions } from './TaskOptions';
import { createTaskRegistry, TaskRegistryError, UnknownTaskError } from './TaskRegistry';

const task = (queueName: string, options: TaskOptions = {}): TaskDefinition<unknown> =>
  defineTask({ queueName, schema: z.unknown(), handler: () => ok(1), options });

const problemsOf = (tasks: readonly unknown[]): readonly string[] => {
  try {
    createTaskRegistry(tasks as TaskDefinition<unknown>[]);
    return [];
  } catch (error) {
    if (error instanceof TaskRegistryError) return error.problems;
    throw error;
  }
};

describe('createTaskRegistry', () => {
  it('keeps the tasks in their order and finds each by its name', () => {
    const tasks = [task('b'), task('a:x'), task('constructor')];
    const registry = createTaskRegistry(tasks);

    expect(registry.tasks).toEqual(tasks);
    expect(tasks.map(({ queueName }) => registry.get(queueName)._unsafeUnwrap())).toEqual(tasks);
  });

  it('accepts an empty list', () => {
    expect(createTaskRegistry([]).tasks).toEqual([]);
  });

  it.each([undefined, 'x', {}])('refuses %p in the place of a list', (tasks) => {
    expect(() => createTaskRegistry(tasks as never)).toThrow(
      new TaskRegistryError([
        `expected tasks to be a list of what defineTask returns, got ${JSON.stringify(tasks)}`,
      ]),
    );
  });

  it('does not change when the list does', () => {
    const tasks = [task('a')];
    const registry = createTaskRegistry(tasks);
    tasks.push(task('b'));

    expect(registry.tasks).toHaveLength(1);
    expect(registry.get('b').isErr()).toBe(true);
    expect(Object.isFrozen(registry.tasks)).toBe(true);
  });

  it('lists every bad name, bad option, duplicate and foreign entry at once, each with its task', () => {
    const problems = problemsOf([
      task('users:send-welcome-email', { backoffMs: -5, maxAttempts: 0 }),
      task('bad name'),
      task('twice'),
      task('twice'),
      task('twice'),
      undefined,
      {},
      'users:other',
      { queueName: 'by:hand', handler: () => ok(1) },
    ]);

    expect(problems).toEqual([
      'expected maxAttempts to be an integer from 1 to 1000, got 0 (task users:send-welcome-email)',
      'expected backoffMs to be an integer from 0 to 315360000000, got -5 (task users:send-welcome-email)',
      'expected queueName to be parts of A-Z a-z 0-9 _ - joined by ":", got "bad name" (task bad name)',
      'expected what defineTask returns (entry 6 of the list)',
      'expected what defineTask returns (entry 7 of the list)',
      'expected what defineTask returns (entry 8 of the list)',
      'expected what defineTask returns (task by:hand)',
      'expected every queueName once, got "twice" 3 times',
    ]);
  });

  it.each([
    ['one wrong task', [task('bad name')]],
    ['one name twice', [task('twice'), task('twice')]],
  ])('refuses %s', (_what, tasks) => {
    expect(problemsOf(tasks)).toHaveLength(1);
  });

  it('throws all problems as one message, one a line', () => {
    expect(() => createTaskRegistry([task('a b'), task('c d')])).toThrow(
      /^the task registry has 2 problem\(s\):\n {2}- expected .*"a b".*\n {2}- expected .*"c d".*$/,
    );
  });
});

describe('TaskRegistry.get', () => {
  const registry = createTaskRegistry([task('emails:send'), task('data:process-batch')]);

  it('suggests the nearest name', () => {
    const error = registry.get('email:send')._unsafeUnwrapErr();

    expect(error).toBeInstanceOf(UnknownTaskError);
    expect(error.name).toBe('UnknownTaskError');
    expect(error.message).toBe('no task is named "email:send". Did you mean "emails:send"?');
  });

  it('suggests nothing when no name is near', () => {
    expect(registry.get('something-else').match(String, ({ message }) => message)).toBe(
      'no task is named "something-else".',
    );
  });
});
