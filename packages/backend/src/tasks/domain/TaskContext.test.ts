import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken, resolveFrom } from './ResourceToken';
import { noChildren } from './TaskChildren';
import { notInWorker, type TaskContext, toTaskContext } from './TaskContext';
import { defineTask } from './TaskDefinition';
import { isTaskId, TaskId } from './TaskId';
import { toStepKey } from './TaskStep';

describe('toTaskContext', () => {
  it('fills in everything that is left out', () => {
    const context = toTaskContext('emails:send');

    expect(context).toEqual({
      taskId: expect.any(String),
      taskName: 'emails:send',
      correlationId: expect.any(String),
      metadata: {},
      attempt: 1,
      maxAttempts: 1,
      scheduledAt: expect.any(Date),
      startedAt: expect.any(Date),
      workerId: 'direct',
      logger: silentLogger,
      signal: expect.any(AbortSignal),
      resolve: expect.any(Function),
      progress: expect.any(Function),
      log: expect.any(Function),
      schedule: expect.any(Function),
      children: noChildren,
      step: expect.any(Function),
      completeWithin: expect.any(Function),
    });
    expect(isTaskId(context.taskId)).toBe(true);
    expect(parseCorrelationId(context.correlationId).isOk()).toBe(true);
    expect(context.signal.aborted).toBe(false);
  });

  it('keeps everything that is given, but the name is the definition’s', () => {
    const given: TaskContext = {
      taskId: TaskId(),
      taskName: 'other',
      correlationId: CorrelationId(),
      parentId: TaskId(),
      userId: UserId(),
      metadata: { tenant: 'a' },
      attempt: 2,
      maxAttempts: 5,
      scheduledAt: new Date(1),
      startedAt: new Date(2),
      workerId: 'w1',
      logger: getMockedLogger(),
      signal: AbortSignal.abort(),
      resolve: resolveFrom([]),
      progress: async () => undefined,
      log: async () => undefined,
      schedule: async () => err(notInWorker()),
      children: { ...noChildren },
      step: async (_name, work) => work({ idempotencyKey: 'mine' }),
      completeWithin: async () => undefined,
    };

    expect(toTaskContext('emails:send', given)).toEqual({ ...given, taskName: 'emails:send' });
  });

  it('has no resources unless they are handed in', () => {
    const token = ResourceToken<number>('database pool');

    expect(() => toTaskContext('emails:send').resolve(token)).toThrow(
      'the handler of emails:send asks for the resource "database pool", and no worker runs it: hand in resolve',
    );
    expect(() => toTaskContext('emails:send').resolve(undefined as never)).toThrow(
      'asks for the resource "undefined", and no worker runs it',
    );
    expect(toTaskContext('emails:send', { resolve: resolveFrom([[token, 7]]) }).resolve(token)).toBe(7);
  });

  it('does steps and checks them, as a worker does', async () => {
    const taskId = TaskId();
    const { step } = toTaskContext('emails:send', { taskId });
    const key = await step('send', ({ idempotencyKey }) => idempotencyKey);

    expect(key).toBe(toStepKey({ taskName: 'emails:send', taskId }, 'send'));
    expect(await step('date', () => ({ at: new Date(0) }) as object)).toEqual({
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(step('send', () => 2)).rejects.toThrow('expected the name of a step to be unique in its attempt');
    expect(step('size', () => 'x'.repeat(65_535))).rejects.toThrow('at most 65536 bytes');
  });

  it('begins no step once its signal is aborted', async () => {
    const { step } = toTaskContext('emails:send', { signal: AbortSignal.abort(new Error('over')) });

    expect(step('send', () => 1)).rejects.toThrow('over');
  });

  it('checks progress and log as a worker does, and writes the lines to the logger', async () => {
    const logger = getMockedLogger();
    const { progress, log } = toTaskContext('emails:send', { logger });
    await progress({ done: 1 });
    await log('half way');

    expect(logger.info.mock.calls).toEqual([['half way']]);
    expect(progress(undefined)).rejects.toThrow('the progress is refused');
    expect(log(1 as unknown as string)).rejects.toThrow('the log line is refused');
  });

  it('schedules nothing, and says why', async () => {
    const task = defineTask({ queueName: 'a:b', schema: z.object({}), handler: () => ok(1) });
    const { schedule, children } = toTaskContext('emails:send');
    const scheduled = await schedule(task, {});
    const [child] = await children.run([[task, {}]]);

    expect([scheduled._unsafeUnwrapErr(), child._unsafeUnwrapErr()]).toMatchObject([
      { code: 'not-in-worker' },
      { code: 'not-in-worker', taskName: 'a:b' },
    ]);
  });
});
