import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { getMockedTaskScheduler } from '@backend/services/__mocks__/TaskScheduler.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { ScheduleError } from '../domain/ScheduleError';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { type TaskScheduler } from '../scheduler/TaskScheduler';
import { throwingLogger } from '../worker/__fixtures__/TaskBench';
import { createTaskTriggerHooks } from './createTaskTriggerHooks';
import { ResourceHooksError } from './ResourceHooksError';

interface Note {
  readonly id: string;
  readonly text: string;
}

const indexTask = defineTask({
  queueName: 'notes:index',
  schema: z.object({ noteId: z.string() }),
  handler: () => ok(1),
});
const auditTask = defineTask({ queueName: 'audit:write', schema: z.unknown(), handler: () => ok(1) });

const note: Note = { id: 'n1', text: 'hello' };
const correlationId = CorrelationId('request-1');
const userId = UserId();
const context = { resource: 'notes', correlationId };
const updated = { ...context, id: 'n1', changes: { text: 'hello' } };
const redisDown = new ScheduleError('Redis is down', {
  code: 'queue-unavailable',
  metadata: { taskId: 't1', isUnknown: false },
});

const setup = (error?: ScheduleError) => ({
  logger: getMockedLogger(),
  scheduler: getMockedTaskScheduler(error === undefined ? {} : { error }),
});

const thrower = () => {
  throw new Error('boom');
};

describe('createTaskTriggerHooks', () => {
  it('schedules the tasks of an event in their order, and those of no other', async () => {
    const { logger, scheduler } = setup();
    const hooks = createTaskTriggerHooks({
      logger,
      scheduler,
      onCreate: [
        { task: indexTask, transform: ({ id }: Note) => ({ noteId: `new ${id}` }) },
        { task: auditTask, delayMs: 1000 },
      ],
      onUpdate: [{ task: indexTask, transform: ({ id }) => ({ noteId: `changed ${id}` }) }],
      onDelete: [{ task: auditTask }],
    });
    await hooks.afterCreate(note, context);
    await hooks.afterUpdate(note, updated);
    await hooks.afterDelete(note, context);

    const audit = { resource: 'notes', data: note };
    expect(scheduler.calls.map(({ taskName, payload, options }) => [taskName, payload, options])).toEqual([
      ['notes:index', { noteId: 'new n1' }, {}],
      ['audit:write', { ...audit, event: 'create' }, { delayMs: 1000 }],
      ['notes:index', { noteId: 'changed n1' }, {}],
      ['audit:write', { ...audit, event: 'delete' }, {}],
    ]);
  });

  it('passes correlation ID and user of the request on', async () => {
    const { logger, scheduler } = setup();
    const hooks = createTaskTriggerHooks({ logger, scheduler, onCreate: [{ task: auditTask }] });
    await hooks.afterCreate(note, { ...context, userId });

    expect(scheduler.calls).toEqual([
      {
        correlationId,
        taskName: 'audit:write',
        payload: { event: 'create', resource: 'notes', data: note, userId },
        options: { userId },
      },
    ]);
  });

  it('calls the resource by its own name when it has one', async () => {
    const { logger, scheduler } = setup();
    const hooks = createTaskTriggerHooks({
      logger,
      scheduler,
      resource: 'memos',
      onCreate: [{ task: auditTask }],
    });
    await hooks.afterCreate(note, context);

    expect(scheduler.calls.map(({ payload }) => payload)).toEqual([
      { event: 'create', resource: 'memos', data: note },
    ]);
  });

  it('tells a trigger what was changed', async () => {
    const { logger, scheduler } = setup();
    const hooks = createTaskTriggerHooks({
      logger,
      scheduler,
      onUpdate: [
        {
          task: indexTask,
          when: (_note: Note, { changes }) => changes.text !== undefined,
          transform: (_note, { id, changes }) => ({ noteId: `${id} ${changes.text}` }),
        },
      ],
    });
    await hooks.afterUpdate(note, { ...context, id: 'n1', changes: {} });
    await hooks.afterUpdate(note, updated);

    expect(scheduler.calls.map(({ payload }) => payload)).toEqual([{ noteId: 'n1 hello' }]);
  });

  it('logs what fails with the request it belongs to, answers ok, and goes on', async () => {
    const { logger, scheduler } = setup();
    const hooks = createTaskTriggerHooks({
      logger,
      scheduler,
      onCreate: [
        { task: auditTask, when: thrower },
        { task: indexTask, transform: thrower },
        { task: auditTask },
      ],
    });

    expect((await hooks.afterCreate(note, { ...context, userId })).isOk()).toBe(true);
    expect(scheduler.calls.map(({ taskName }) => taskName)).toEqual(['audit:write']);
    const facts = { event: 'create', resource: 'notes', correlationId, userId };
    expect(logger.error.mock.calls).toEqual([
      [
        'A trigger failed; the write is done',
        expect.objectContaining({ code: 'condition-failed' }),
        { ...facts, taskName: 'audit:write' },
      ],
      [
        'A trigger failed; the write is done',
        expect.objectContaining({ code: 'transform-failed' }),
        { ...facts, taskName: 'notes:index' },
      ],
    ]);
  });

  it('logs a task that could not be scheduled', async () => {
    const { logger, scheduler } = setup(redisDown);
    const hooks = createTaskTriggerHooks({ logger, scheduler, onDelete: [{ task: auditTask }] });

    expect((await hooks.afterDelete(note, context)).isOk()).toBe(true);
    expect(logger.error.mock.calls).toEqual([
      [
        'A trigger failed; the write is done',
        expect.objectContaining({
          code: 'not-scheduled',
          message: 'the delete of notes is done, but did not trigger audit:write: Redis is down',
          cause: redisDown,
        }),
        { event: 'delete', resource: 'notes', taskName: 'audit:write', ...redisDown.metadata, correlationId },
      ],
    ]);
  });

  it('says that a task may have been triggered whose receipt was lost, and which', async () => {
    const taskId = TaskId();
    const metadata = { taskId, isUnknown: true };
    const { logger, scheduler } = setup(
      new ScheduleError('Redis was silent', { code: 'queue-unavailable', metadata }),
    );
    const hooks = createTaskTriggerHooks({
      logger,
      scheduler,
      onFailure: 'return',
      onCreate: [{ task: auditTask }],
    });

    expect((await hooks.afterCreate(note, context))._unsafeUnwrapErr()).toMatchObject({
      code: 'not-scheduled',
      message: 'the create of notes is done, but may not have triggered audit:write: Redis was silent',
      metadata: { event: 'create', resource: 'notes', taskName: 'audit:write', taskId, isUnknown: true },
    });
  });

  it('answers the first failure when it is asked to, and logs the others', async () => {
    const { logger, scheduler } = setup(redisDown);
    const hooks = createTaskTriggerHooks({
      logger,
      scheduler,
      onFailure: 'return',
      onCreate: [
        { task: auditTask, when: () => false },
        { task: auditTask, when: thrower },
        { task: auditTask },
      ],
    });

    expect((await hooks.afterCreate(note, context))._unsafeUnwrapErr().code).toBe('condition-failed');
    expect(logger.error.mock.calls.map(([, error]) => error)).toEqual([
      expect.objectContaining({ code: 'not-scheduled' }),
    ]);
  });

  it('survives a scheduler that throws and a logger that throws', async () => {
    const scheduler: TaskScheduler = { ...setup().scheduler, schedule: async () => thrower() };
    const hooks = createTaskTriggerHooks({
      logger: throwingLogger,
      scheduler,
      onCreate: [{ task: auditTask }],
    });

    expect((await hooks.afterCreate(note, context)).isOk()).toBe(true);
  });

  it.each(['log', 'return'] as const)(
    'takes switched-off tasks for no failure, whatever onFailure: %s says, and says so once',
    async (onFailure) => {
      const { logger, scheduler } = setup(new ScheduleError('switched off', { code: 'tasks-disabled' }));
      const triggers = [{ task: auditTask }, { task: auditTask }];
      const hooks = createTaskTriggerHooks({ logger, scheduler, onCreate: triggers, onFailure });

      expect((await hooks.afterCreate(note, context)).isOk()).toBe(true);
      expect((await hooks.afterCreate(note, context)).isOk()).toBe(true);
      expect(logger.info.mock.calls).toEqual([['Triggers schedule nothing: TASKS_ENABLED is false']]);
      expect(logger.error).not.toHaveBeenCalled();
    },
  );

  it('refuses wrong options, and names all problems', () => {
    const brokenTask = defineTask({ queueName: 'bad name', schema: z.unknown(), handler: () => ok(1) });
    const debouncedTask = defineTask({
      queueName: 'notes:index',
      schema: z.unknown(),
      handler: () => ok(1),
      options: { debounce: { windowMs: 1000, key: String } },
    });
    const wrong = {
      scheduler: undefined,
      logger: {},
      resource: '',
      onFailure: 'throw',
      onCreated: [],
      onCreate: [
        { task: undefined },
        { task: brokenTask, when: true, transform: 'x', delayMs: -1, delay: 5 },
        'audit:write',
      ],
      onUpdate: [{ task: debouncedTask }, { task: debouncedTask, delayMs: 0 }],
      onDelete: 'audit:write',
    };
    const create = () =>
      createTaskTriggerHooks(wrong as unknown as Parameters<typeof createTaskTriggerHooks>[0]);

    expect(create).toThrow(ResourceHooksError);
    expect(create).toThrow(
      [
        'the resource hooks have 14 problem(s):',
        '  - unknown option onCreated. Did you mean "onCreate"?',
        '  - expected scheduler to be an object with the method schedule, got undefined',
        '  - expected logger to be an object with the method error, got {}',
        '  - expected resource to be a text, got ""',
        "  - expected onFailure to be 'log' or 'return', got \"throw\"",
        '  - expected onCreate[0].task to be what defineTask returns, got undefined',
        '  - unknown option onCreate[1].delay. Did you mean "delayMs"?',
        `  - ${brokenTask.problems[0]} (onCreate[1].task)`,
        '  - expected onCreate[1].when to be a function, got true',
        '  - expected onCreate[1].transform to be a function, got "x"',
        '  - expected onCreate[1].delayMs to be an integer from 0 to 315360000000, got -1',
        '  - expected onCreate[2] to be an object, got "audit:write"',
        '  - expected no onUpdate[1].delayMs for a task with debounce, which decides when it runs, got 0',
        '  - expected onDelete to be a list, got "audit:write"',
      ].join('\n'),
    );
  });
});
