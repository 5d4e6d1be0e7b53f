/**
 * The samples of the first requirements (spec 000) that need no server: code that users of Drover were promised works
 * under these paths, names and call shapes. Those that need Redis: `spec000.redis.test.ts`.
 */

import { afterAll, beforeAll, describe, expect, it } from 'bun:test';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { closeMailers } from '@backend/mail/sharedMailer';
import { cleanupExpiredSecretsTask } from '@backend/services/secrets/tasks/cleanupExpiredSecretsTask';
import { sendWelcomeEmailTask } from '@backend/services/users/tasks/sendWelcomeEmailTask';
import { type TaskContext } from '@backend/tasks/domain/TaskContext';
import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { type TaskOptions } from '@backend/tasks/domain/TaskOptions';
import { createTaskRegistry } from '@backend/tasks/domain/TaskRegistry';
import { tasks } from '@backend/tasks/tasks.config';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { validate } from '@core/validation/validate';
import { err, ok, type Result } from 'neverthrow';
import zod from 'zod';
import { emptyStepStore } from './domain/emptyStepStore';
import { resolveFrom } from './domain/ResourceToken';
import { createCancellation } from './queue/Cancellation';
import { type Delivery } from './queue/Delivery';
import { idlePowers } from './worker/__fixtures__/idlePowers';
import { type AttemptEnvironment } from './worker/Attempt';
import { runTask } from './worker/runTask';
import { createShutdown } from './worker/Shutdown';

/** The context that the document's unit test builds by hand: these four fields and no other. */
const handMadeContext = () => ({
  correlationId: CorrelationId(),
  logger: getMockedLogger(),
  attempt: 1,
  maxAttempts: 3,
});

/** Runs one attempt as a worker with the default configuration does. */
const runAttempt = (task: TaskDefinition<unknown>, payload: unknown, attemptsMade = 0) => {
  const facts = {
    taskId: TaskId(),
    runKey: '1',
    data: payload,
    attemptsMade,
    crashCount: 0,
    scheduledAt: new Date(),
    delayMs: 0,
  };
  const delivery: Delivery = {
    ...facts,
    checkHeld: () => undefined,
    cancellation: createCancellation(),
    report: { progress: () => undefined, log: () => undefined },
    steps: emptyStepStore,
    takenCount: 1,
    ...idlePowers,
  };
  const environment: AttemptEnvironment = {
    workerId: 'w1',
    logger: getMockedLogger(),
    defaults: { maxAttempts: 3, backoffMs: 1000, timeoutMs: 30_000 },
    graceMs: 2000,
    maxCrashes: 3,
    maxResultBytes: 65_536,
    shutdown: createShutdown(),
    resolve: resolveFrom([]),
    now: () => new Date(),
    random: () => 0,
  };
  return runTask(task, delivery, environment);
};

describe('Spec 000: quick start', () => {
  const noteSchema = zod.object({ to: zod.string(), text: zod.string() });
  const sent: unknown[] = [];
  const sendNoteTask = defineTask({
    queueName: 'notes:send',
    validator: (data) => validate(noteSchema, data),
    handler: async (payload) => {
      sent.push(payload);
      return ok({ success: true, duration: 7 });
    },
    options: { priority: 'high', maxAttempts: 3 },
  });

  it('defines a task that validates, runs and fits a list', async () => {
    const list = [sendNoteTask];
    const { outcome } = await runAttempt(sendNoteTask, { to: 'ada', text: 'hi' });

    expect(createTaskRegistry(list).tasks).toEqual(list);
    expect(outcome).toEqual({ kind: 'completed', value: { success: true, duration: 7 } });
    expect(sent).toEqual([{ to: 'ada', text: 'hi' }]);
  });

  it('fails a payload that does not pass the validator, without running the handler', async () => {
    const { outcome } = await runAttempt(sendNoteTask, { to: 'ada' });

    expect(outcome).toMatchObject({ kind: 'failed', reason: 'invalid-payload' });
    expect(sent).toHaveLength(1);
  });
});

describe('Spec 000: task options', () => {
  it('accepts the three words of priority and the three numbers', () => {
    const options: TaskOptions[] = (['low', 'normal', 'high'] as const).map((priority) => ({
      priority,
      maxAttempts: 3,
      backoffMs: 1000,
      timeoutMs: 30_000,
    }));
    const problems = options.map(
      (given) =>
        defineTask({ queueName: 'a:b', validator: (data) => ok(data), handler: () => ok(1), options: given })
          .problems,
    );

    expect(problems).toEqual([[], [], []]);
  });

  it('tries three times after about a second when a definition names no options', async () => {
    const task = defineTask({
      queueName: 'a:b',
      validator: (data) => ok(data),
      handler: () => err(new TaskError('down')),
    });
    const ends = [await runAttempt(task, 1), await runAttempt(task, 1, 2)];

    expect(ends.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'retry', delayMs: 1100 }, // jitter adds 10 % to 20 %
      { kind: 'failed', reason: 'exhausted' },
    ]);
  });
});

describe('Spec 000: task context', () => {
  it('gives a handler correlation ID, logger, attempt and attempts', async () => {
    const seen: Pick<TaskContext, 'correlationId' | 'logger' | 'attempt' | 'maxAttempts'>[] = [];
    const task = defineTask({
      queueName: 'a:b',
      validator: (data) => ok(data),
      handler: async (_payload, ctx) => ok(void seen.push(ctx)),
    });
    const given = handMadeContext();
    await task.handler({}, given);

    expect(seen).toMatchObject([given]);
  });
});

describe('Spec 000: registering tasks', () => {
  it('has one list in tasks.config with both tasks the document names', () => {
    const list: TaskDefinition<unknown>[] = tasks;

    expect(list).toContain(sendWelcomeEmailTask as TaskDefinition<unknown>);
    expect(list).toContain(cleanupExpiredSecretsTask as TaskDefinition<unknown>);
    expect(createTaskRegistry(list).tasks).toHaveLength(list.length);
  });
});

describe('Spec 000: returning errors', () => {
  const task = defineTask({
    queueName: 'books:index',
    validator: (data) => validate(zod.object({ isbn: zod.string() }), data),
    handler: async (payload, ctx) => {
      try {
        if (payload.isbn === '') throw new RangeError('no such book');
        return ok({ success: true, duration: 1 });
      } catch (error) {
        ctx.logger.error('Indexing failed', error, { payload });
        return err(new TaskError('the book was not indexed', { payload }));
      }
    },
  });

  it('logs what was caught and answers with a TaskError that carries the payload', async () => {
    const ctx = handMadeContext();
    const result = await task.handler({ isbn: '' }, ctx);

    expect(result._unsafeUnwrapErr()).toMatchObject({
      name: 'TaskError',
      message: 'the book was not indexed',
      metadata: { payload: { isbn: '' } },
    });
    expect(ctx.logger.error.mock.calls).toEqual([
      ['Indexing failed', new RangeError('no such book'), { payload: { isbn: '' } }],
    ]);
  });

  it('tries such a task again', async () => {
    expect((await runAttempt(task, { isbn: '' })).outcome).toMatchObject({ kind: 'retry' });
    expect((await runAttempt(task, { isbn: '7' })).outcome).toMatchObject({ kind: 'completed' });
  });
});

describe('Spec 000: automatic retries', () => {
  const askRates = async (): Promise<Result<number, Error>> => err(new Error('503'));
  const validCurrency = (data: unknown) => validate(zod.object({ currency: zod.string() }), data);
  const attempts: number[] = [];
  const fetchRatesTask = defineTask({
    queueName: 'rates:fetch',
    validator: validCurrency,
    handler: async (_payload, ctx) => {
      attempts.push(ctx.attempt);
      const result = await askRates();
      if (result.isErr()) return err(new TaskError('no rates'));
      return ok({ success: true, duration: result.value });
    },
    options: { maxAttempts: 5, backoffMs: 2000 },
  });

  it('runs maxAttempts times, exactly backoffMs apart, and is then a dead letter', async () => {
    const outcomes = [];
    for (const attemptsMade of [0, 1, 2, 3, 4]) {
      const { outcome } = await runAttempt(fetchRatesTask, { currency: 'EUR' }, attemptsMade);
      outcomes.push(outcome);
    }

    expect(attempts).toEqual([1, 2, 3, 4, 5]);
    expect(outcomes).toMatchObject([
      ...Array(4).fill({ kind: 'retry', delayMs: 2000 }),
      { kind: 'failed', reason: 'exhausted' },
    ]);
  });
});

describe('Spec 000: batch processing', () => {
  const pageSchema = zod.object({
    items: zod.array(zod.object({ id: zod.string(), n: zod.number() })),
    startTime: zod.number(),
  });
  const squareTask = defineTask({
    queueName: 'numbers:square',
    validator: (data) => validate(pageSchema, data),
    handler: async (payload, ctx) => {
      const squares: number[] = [];
      for (const item of payload.items) {
        const square = await Promise.resolve(item.n ** 2);
        squares.push(square);
        ctx.logger.debug('Squared', { itemId: item.id, square });
      }
      return ok({ success: true, processed: squares.length, duration: Date.now() - payload.startTime });
    },
  });

  it('works through the items one by one, a debug line for each', async () => {
    const ctx = handMadeContext();
    const items = [
      { id: 'a', n: 2 },
      { id: 'b', n: 3 },
    ];
    const result = await squareTask.handler({ items, startTime: Date.now() }, ctx);

    expect(result._unsafeUnwrap()).toEqual({ success: true, processed: 2, duration: expect.any(Number) });
    expect(ctx.logger.debug.mock.calls).toEqual([
      ['Squared', { itemId: 'a', square: 4 }],
      ['Squared', { itemId: 'b', square: 9 }],
    ]);
  });
});

describe('Spec 000: unit test of a handler', () => {
  const { DATA_DIR: given } = process.env;
  const folder = mkdtempSync(join(tmpdir(), 'drover-spec000-'));
  beforeAll(() => {
    process.env['DATA_DIR'] = folder;
  });
  afterAll(async () => {
    if (given === undefined) delete process.env['DATA_DIR'];
    else process.env['DATA_DIR'] = given;
    closeMailers();
    await rm(folder, { recursive: true, force: true });
  });

  it('calls sendWelcomeEmailTask with a context of four fields and sees the line it logs', async () => {
    const ctx = handMadeContext();
    const payload = { userId: UserId(), email: 'ada@example.com', name: 'Ada' };
    const result = await sendWelcomeEmailTask.handler(payload, ctx);

    expect(result.isOk()).toBe(true);
    expect(ctx.logger.info).toHaveBeenCalledWith(
      'Sending welcome email',
      expect.objectContaining({ email: payload.email, correlationId: ctx.correlationId }),
    );
  });
});
