import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { ChildError } from '../domain/ChildError';
import { type TaskChildren } from '../domain/TaskChildren';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { linkedContext } from './__fixtures__/linkedContext';

const addTask = defineTask({
  queueName: 'numbers:add',
  schema: z.object({ a: z.number() }),
  handler: ({ a }) => ok(a),
});

const strangeTask = defineTask({ queueName: 'numbers:odd', schema: z.object({}), handler: () => ok() });

const onceTask = defineTask({
  queueName: 'numbers:once',
  schema: z.object({}),
  handler: () => ok(),
  options: { maxConcurrency: 1 },
});

/** A worker whose children end as they are given. */
const setup = (results: readonly Result<unknown, ChildError>[] = [], ancestors: readonly string[] = []) => {
  const runs: unknown[][] = [];
  const run = (async (...given: unknown[]) => {
    runs.push(given);
    return results;
  }) as TaskChildren['run'];
  const context = linkedContext({ context: { children: { run } }, tasks: [addTask, onceTask], ancestors });
  return { runs, ...context };
};

const shown = (results: readonly Result<unknown, ChildError>[]) =>
  results.map((each) => [each._unsafeUnwrapErr().code, each._unsafeUnwrapErr().message] as const);

describe('children of an isolated handler', () => {
  it('run in the worker and answer in order, errors with their class', async () => {
    const failure = { message: 'no', code: 'fatal', reason: 'fatal', attempt: 1 } as const;
    const taskId = TaskId();
    const error = new ChildError('it failed', { code: 'failed', taskName: 'numbers:add', taskId, failure });
    const { runs, children } = setup([ok(1), err(error), ok(undefined)]);
    const at = new Date();
    const results = await children.run(
      [
        [addTask, { a: 1 }],
        [addTask, { a: 2 }, { at }],
        [addTask, { a: 3 }],
      ],
      {
        timeoutMs: 5,
      },
    );

    expect(runs).toEqual([
      [
        [
          [addTask, { a: 1 }, {}],
          [addTask, { a: 2 }, { at }],
          [addTask, { a: 3 }, {}],
        ],
        { timeoutMs: 5 },
      ],
    ]);
    const [first, second, third] = results;
    expect([first._unsafeUnwrap(), third._unsafeUnwrap()]).toEqual([1, undefined as never]);
    expect(second._unsafeUnwrapErr()).toBeInstanceOf(ChildError);
    expect(second._unsafeUnwrapErr()).toMatchObject({
      ...{ code: 'failed', message: 'it failed', taskName: 'numbers:add', taskId, failure },
    });
  });

  it('are checked before they are JSON: nothing is scheduled when a call is refused', async () => {
    const { runs, children } = setup();
    const results = await children.run([
      [addTask, { a: Number.NaN }],
      [addTask, { a: 1 }],
    ]);

    expect(shown(results)).toEqual([
      ['invalid-payload', expect.stringMatching(/^the payload of numbers:add is refused: .*a: .* got NaN$/)],
      ['not-scheduled', 'nothing was scheduled: call 1 of the run is refused'],
    ]);
    expect(runs).toEqual([]);
  });

  it('know their ancestors: what would wait for itself is refused', async () => {
    const { children } = setup([], ['numbers:once']);
    const [result] = await children.run([[onceTask, {}]]);

    expect(result._unsafeUnwrapErr().code).toBe('never-runs');
  });

  it('are refused when the worker does not know one of them', async () => {
    const { runs, children } = setup();
    const results = await children.run([
      [addTask, { a: 1 }],
      [strangeTask, {}],
    ]);

    expect(shown(results)).toEqual([
      ['not-scheduled', 'nothing was scheduled: call 2 of the run is refused'],
      [
        'invalid-task',
        expect.stringContaining(
          `the task numbers:odd is refused: expected a task of the worker's registry, because an isolated handler schedules by name.`,
        ),
      ],
    ]);
    expect(runs).toEqual([]);
  });

  it('reject for what is no list, and when the attempt is over', async () => {
    const stopped = new TaskError('the worker stops', {}, { code: 'shutdown' });
    const run = (() => Promise.reject(stopped)) as TaskChildren['run'];
    const { children } = linkedContext({ context: { children: { run } }, tasks: [addTask] });
    const thrown = await children.run([[addTask, { a: 1 }]]).catch((error: unknown) => error);

    expect(thrown).toBeInstanceOf(TaskError);
    expect(thrown).toMatchObject({ code: 'shutdown', message: 'the worker stops' });
    expect(children.run(7 as never)).rejects.toMatchObject({
      code: 'fatal',
      message: 'expected a list of calls, got number',
    });
  });
});
