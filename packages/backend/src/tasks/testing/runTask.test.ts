import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { TaskRegistryError } from '../domain/TaskRegistry';
import { createTestClock } from './memory/TestClock';
import { runTask, type TestOutcome } from './runTask';
import { TestingError } from './TestingError';
import { testConfig } from './testConfig';

interface Mail {
  readonly to: string;
  readonly at: Date;
}

const taskWith = (handler: (mail: Mail, context: TaskContext) => unknown, options: TaskOptions<Mail> = {}) =>
  defineTask({
    queueName: 'mails:send',
    schema: z.object({ to: z.string(), at: z.coerce.date() }),
    output: z.object({ id: z.string().trim() }),
    handler: async (mail, context) => handler(mail, context) as never, // what the test says
    options,
  });

const mail = { to: 'ada', at: new Date(0) };

describe('runTask', () => {
  it('answers what the handler and its schemas make of a payload that went through JSON', async () => {
    const task = taskWith(({ to, at }) => ok({ id: ` ${to}-${at.getTime()} `, extra: 1 }));

    expect(await runTask(task, mail)).toEqual({ kind: 'completed', value: { id: 'ada-0' } });
  });

  const outcomes: [what: string, handler: () => unknown, context: Partial<TaskContext>, outcome: object][] = [
    ['an error', () => err(new TaskError('down')), {}, { kind: 'retry', delayMs: 1100 }],
    [
      'an error of attempt 2',
      () => err(new TaskError('down')),
      { attempt: 2 },
      { kind: 'retry', delayMs: 2200 },
    ],
    [
      'an error of the last attempt',
      () => err(new TaskError('down')),
      { attempt: 5, maxAttempts: 5 },
      { kind: 'failed', reason: 'exhausted', error: new TaskError('down') },
    ],
    ['a fatal error', () => err(TaskError.fatal('gone')), {}, { kind: 'failed', reason: 'fatal' }],
    ['a wish to run later', () => err(TaskError.retryLater(70)), {}, { kind: 'snoozed', delayMs: 70 }],
    ['a value that breaks its schema', () => ok({ id: 7 }), {}, { kind: 'failed', reason: 'invalid-output' }],
    [
      'a throw',
      () => {
        throw new Error('thrown');
      },
      { attempt: 3 },
      { kind: 'failed', reason: 'exhausted' },
    ],
  ];

  it.each(outcomes)('answers %s as data', async (_what, handler, context, outcome) => {
    expect(await runTask(taskWith(handler), mail, context)).toMatchObject(outcome);
  });

  it.each([
    ['breaks its schema', { to: 7 }, 'to: Invalid input'],
    ['JSON cannot carry', { ...mail, size: 1n }, 'a bigint'],
  ])(
    'answers a payload that %s as invalid, and does not call the handler',
    async (_what, payload, message) => {
      const outcome = await runTask(
        taskWith(() => expect.unreachable()),
        payload as never,
      );

      expect(outcome).toMatchObject({ kind: 'failed', reason: 'invalid-payload' });
      expect((outcome as { error: TaskError }).error.message).toContain(message);
    },
  );

  it('hands the handler what the test gives, and fills in the rest', async () => {
    const logger = getMockedLogger();
    const given = {
      taskId: TaskId(),
      correlationId: CorrelationId('r-1'),
      userId: UserId(),
      metadata: { a: 1 },
    };
    const seen: TaskContext[] = [];
    const task = taskWith((_mail, context) => ok(void seen.push(context)));
    await runTask(task, mail, { ...given, logger, attempt: 2 });

    expect(seen[0]).toMatchObject({
      ...given,
      taskName: 'mails:send',
      attempt: 2,
      maxAttempts: 3,
      workerId: 'test',
      scheduledAt: expect.any(Date),
      startedAt: expect.any(Date),
    } as object);
    seen[0]?.logger.info('Sending');
    expect(logger.child.mock.calls).toEqual([
      [{ correlationId: 'r-1', taskId: given.taskId, taskName: 'mails:send', attempt: 2 }],
    ]);
    expect(logger.info.mock.calls.map(([message]) => message)).toEqual(['Sending']);
  });

  it('answers one of four outcomes: nobody cancels the task or stops a worker', async () => {
    const stop = new AbortController();
    stop.abort(new TaskError('enough', {}, { code: 'cancelled' }));
    const show = (outcome: TestOutcome<unknown>): string => {
      switch (outcome.kind) {
        case 'completed':
          return 'completed';
        case 'retry':
        case 'snoozed':
        case 'failed':
          return `${outcome.kind}: ${outcome.error.message}`;
      }
    };
    const obedient = taskWith((_mail, { signal }) => err(signal.reason));

    expect(show(await runTask(obedient, mail, { signal: stop.signal }))).toBe('retry: enough');
  });

  it('hands the handler a copy of payload and metadata, as JSON carries them', async () => {
    const given = { to: 'ada', tags: ['a'] };
    const metadata = { at: new Date(0), tags: ['a'] };
    const task = defineTask({
      queueName: 'mails:send',
      schema: z.custom<typeof given>(),
      handler: ({ tags }, ctx) => {
        tags.push('b');
        (ctx.metadata['tags'] as string[]).push('b'); // what the test gave
        return ok([tags, ctx.metadata]);
      },
    });

    expect(await runTask(task, given, { metadata })).toEqual({
      kind: 'completed',
      value: [['a', 'b'], { at: '1970-01-01T00:00:00.000Z', tags: ['a', 'b'] }],
    });
    expect([given.tags, metadata.tags]).toEqual([['a'], ['a']]);
  });

  it('aborts the signal when the test does, and when the time is over', async () => {
    const stop = new AbortController();
    const reasons: unknown[] = [];
    const task = taskWith(
      (_mail, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            resolve(err(TaskError.fatal(String(signal.reason))));
          }),
        ),
    );
    const stopped = runTask(task, mail, { signal: stop.signal });
    stop.abort('enough');

    expect(await stopped).toMatchObject({ kind: 'failed', error: { message: 'enough' } });
    expect(
      await runTask(task, mail, { signal: new AbortController().signal }, { timeoutMs: 1 }),
    ).toMatchObject({
      kind: 'retry',
      error: { code: 'timeout', message: 'the handler took longer than timeoutMs (1 ms)' },
    });
    expect(reasons).toMatchObject(['enough', { code: 'timeout' }]);
  });

  it('goes by a clock of the test', async () => {
    const clock = createTestClock(0);
    const running = runTask(
      taskWith(() => new Promise(() => undefined)),
      mail,
      {},
      { clock },
    );
    await Bun.sleep(0);
    clock.moveTo(32_000);
    await Bun.sleep(0);
    clock.moveTo(64_000);

    expect(await running).toMatchObject({ kind: 'retry', error: { code: 'timeout' } });
  });

  it('goes by the configuration and the chance that it is given', async () => {
    const appConfig = testConfig({ TASK_BACKOFF_MS: '5000' });
    const outcome = await runTask(
      taskWith(() => err(new Error('down'))),
      mail,
      {},
      { appConfig, random: () => 1 },
    );

    expect(outcome).toMatchObject({ kind: 'retry', delayMs: 6000 });
  });

  it('throws when the definition is wrong', async () => {
    const wrong = taskWith(() => ok(), { maxAttempts: 0 });

    await expect(runTask(wrong, mail)).rejects.toThrow(TaskRegistryError);
  });

  const wrongCalls: [context: unknown, options: unknown, message: string][] = [
    [null, {}, 'expected the context to be an object, got null'],
    [{ attempt: 0 }, {}, 'expected context.attempt to be an integer from 1 to 1000, got 0'],
    [{}, null, 'expected options to be an object, got null'],
    [{}, { timeoutt: 100 }, 'unknown option timeoutt. Did you mean "timeoutMs"?'],
    [{}, { timeoutMs: Number.NaN }, 'expected timeoutMs to be an integer from 1 to 2147483647, got NaN'],
    [{}, { random: 1 }, 'expected random to be a function, got 1'],
    [
      {},
      { clock: {} },
      'expected clock.setTimer to be a function, got undefined; expected clock.nowMs to be a function, got undefined',
    ],
    [
      {},
      { appConfig: {} },
      'expected appConfig to be a configuration, such as testConfig({ ... }), got an object',
    ],
  ];

  it.each(wrongCalls)('refuses context %p and options %p', async (context, options, message) => {
    const running = runTask(
      taskWith(() => ok({ id: '1' })),
      mail,
      context as never,
      options as never,
    );

    await expect(running).rejects.toThrow(new TestingError(message));
  });
});
