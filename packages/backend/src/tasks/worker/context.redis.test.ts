import { describe, expect, it } from 'bun:test';
import { createLogger, type ILogger } from '@backend/logger/Logger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench, throwingLogger } from './__fixtures__/TaskBench';

const schema = z.object({ n: z.number() });

/** A logger whose lines are kept, parsed. */
const createMemoryLogger = () => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  return { lines, logger };
};

/** A service as handlers call it: it knows a logger and nothing of tasks. */
const createService = (logger: ILogger) => ({
  work: async (what: string): Promise<void> => {
    logger.info(`working on ${what}`);
    await Bun.sleep(1);
    logger.info(`worked on ${what}`);
  },
});

describe('the context of a handler', () => {
  it('carries what the scheduling call said, in every attempt', async () => {
    const contexts: TaskContext[] = [];
    const task = defineTask({
      queueName: 'test:context',
      schema,
      handler: async (_payload, context) => {
        contexts.push(context);
        return context.attempt === 1 ? err(new TaskError('once')) : ok();
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    const worker = await bench.startWorker({ id: 'worker-7' });
    const [correlationId, userId, metadata] = [CorrelationId(), UserId(), { source: 'import', rows: [1, 2] }];
    const scheduledFromMs = Date.now();
    const scheduled = await bench.scheduler.schedule(correlationId, task, { n: 1 }, { userId, metadata });
    const { id: taskId } = scheduled._unsafeUnwrap();
    const record = await bench.ended(taskId);

    expect(record).toMatchObject({ correlationId, userId, metadata, payload: { n: 1 } });
    expect(
      contexts.map(
        ({
          logger: _1,
          signal: _2,
          startedAt: _3,
          progress: _4,
          log: _5,
          schedule: _6,
          children: _7,
          resolve: _8,
          step: _9,
          completeWithin: _10,
          ...context
        }) => context,
      ),
    ).toEqual(
      [1, 2].map((attempt) => ({
        taskId,
        taskName: 'test:context',
        correlationId,
        userId,
        metadata,
        attempt,
        maxAttempts: 3,
        scheduledAt: record.scheduledAt,
        workerId: 'worker-7',
      })),
    );
    expect(record.scheduledAt.getTime()).toBeGreaterThanOrEqual(scheduledFromMs);
    expect(worker.getStats()).toMatchObject({ id: 'worker-7', status: 'running', processedCount: 2 });
  });
});

describe('a log line', () => {
  it('inside an attempt carries the correlation ID, also when a service writes it', async () => {
    const { lines, logger } = createMemoryLogger();
    const service = createService(logger.child({ service: 'reports' }));
    const task = defineTask({
      queueName: 'test:lines',
      schema,
      handler: async ({ n }, context) => {
        context.logger.info('begins');
        await Promise.all([service.work(`${n}a`), service.work(`${n}b`)]);
        return ok();
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker({ logger });
    const correlationIds = [CorrelationId(), CorrelationId(), CorrelationId()];
    const ids = await Promise.all(
      correlationIds.map(
        async (correlationId, n) =>
          (await bench.scheduler.schedule(correlationId, task, { n }))._unsafeUnwrap().id,
      ),
    );
    for (const id of ids) await bench.ended(id);

    for (const [n, correlationId] of correlationIds.entries()) {
      const own = lines.filter((line) => line['correlationId'] === correlationId);
      expect(own.map((line) => line['msg']).toSorted()).toEqual([
        'Task completed',
        'begins',
        `worked on ${n}a`,
        `worked on ${n}b`,
        `working on ${n}a`,
        `working on ${n}b`,
      ]);
      expect(own.map((line) => line['taskId'])).toEqual(own.map(() => ids[n]));
    }
    const aboutTasks = lines.filter((line) => /work|Task|begins/.test(String(line['msg'])));
    expect(aboutTasks.filter((line) => line['correlationId'] === undefined)).toEqual([]);
  });

  it('at the end of an attempt says task, outcome, reason, wait and run time', async () => {
    const { lines, logger } = createMemoryLogger();
    const task = defineTask({
      queueName: 'test:lines',
      schema,
      handler: async () => err(new TaskError('down')),
      options: { maxAttempts: 2 },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker({ logger });
    const id = await bench.schedule(task, { n: 1 });
    const { correlationId } = await bench.ended(id);

    const common = { taskName: 'test:lines', taskId: id, correlationId, maxAttempts: 2 };
    const runMs = expect.any(Number);
    expect(lines.filter((line) => 'outcome' in line)).toEqual([
      expect.objectContaining({
        ...common,
        level: 'warn',
        attempt: 1,
        outcome: 'retry',
        reason: 'task-failed',
        retryInMs: 0,
        waitMs: expect.any(Number),
        runMs,
      }),
      expect.objectContaining({
        ...common,
        level: 'error',
        attempt: 2,
        outcome: 'failed',
        reason: 'exhausted',
        runMs,
      }),
    ]);
  });
});

describe('a logger that throws', () => {
  it('changes nothing for the tasks', async () => {
    const task = defineTask({
      queueName: 'test:lines',
      schema,
      handler: async ({ n }, { logger }) => {
        logger.info('this throws inside');
        return n === 1 ? ok(n) : err(TaskError.fatal('no'));
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker({ logger: throwingLogger });
    const [passing, failing] = [await bench.schedule(task, { n: 1 }), await bench.schedule(task, { n: 2 })];

    expect(await bench.ended(passing)).toMatchObject({ status: 'completed', value: 1 });
    expect(await bench.ended(failing)).toMatchObject({ status: 'failed', error: { reason: 'fatal' } });
  });
});
