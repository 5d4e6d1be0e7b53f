import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken, resolveFrom } from '../../domain/ResourceToken';
import { type ChildRunOptions } from '../../domain/TaskChildren';
import { type TaskContext } from '../../domain/TaskContext';
import { defineTask } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { TaskId } from '../../domain/TaskId';
import { createTestFamily } from './TestFamily';

const rateToken = ResourceToken<number>('rate');

const setup = (handler: (context: TaskContext) => unknown) => {
  const logger = getMockedLogger();
  const family = createTestFamily({
    taskId: TaskId(),
    taskName: 'shop:ship',
    correlationId: CorrelationId(),
    resolve: resolveFrom([[rateToken, 7]]),
    logger,
  });
  const { children } = family.begin({ attempt: 1, signal: new AbortController().signal });
  const child = defineTask({
    queueName: 'shop:child',
    schema: z.object({}),
    handler: async (_payload, context) => (await handler(context)) as never, // what the test says
  });
  return {
    logger,
    run: (delayMs = 0, options: ChildRunOptions = {}) => children.run([[child, {}, { delayMs }]], options),
  };
};

describe('createTestFamily', () => {
  it('gives children the resources and the logger of their parent', async () => {
    const { logger, run } = setup((context) => {
      context.logger.info('Shipping');
      return ok(context.resolve(rateToken));
    });
    const [result] = await run();

    expect(result).toEqual(ok(7) as never);
    expect(logger.info.mock.calls.map(([message]) => message)).toContain('Shipping');
  });

  it('lets as much time pass as the run has', async () => {
    const { run } = setup(() => ok('done'));
    const dayMs = 24 * 3_600_000;
    const [result] = await run(2 * dayMs, { timeoutMs: 3 * dayMs });

    expect(result).toEqual(ok('done') as never);
  });

  it('refuses children that come to no end', async () => {
    const { run } = setup(() => err(TaskError.retryLater(0)));

    await expect(run()).rejects.toThrow('expected the tasks to come to an end');
  });
});
