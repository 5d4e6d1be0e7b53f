import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { type TaskContext, toTaskContext } from './TaskContext';
import { isTaskId, TaskId } from './TaskId';

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
      progress: expect.any(Function),
      log: expect.any(Function),
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
      progress: async () => undefined,
      log: async () => undefined,
    };

    expect(toTaskContext('emails:send', given)).toEqual({ ...given, taskName: 'emails:send' });
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
});
