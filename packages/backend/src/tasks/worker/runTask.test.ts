import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { currentLogContext } from '@backend/logger/LogContext';
import { type ILogger } from '@backend/logger/Logger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import fc from 'fast-check';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { emptyStepStore } from '../domain/emptyStepStore';
import { checkJson } from '../domain/JsonFidelity';
import { resolveFrom } from '../domain/ResourceToken';
import { skipped } from '../domain/Skipped';
import { noChildren } from '../domain/TaskChildren';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask, type TaskDefinition, type TaskSpecification } from '../domain/TaskDefinition';
import { type TaskEnvelope } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type StepStore } from '../domain/TaskStep';
import { createCancellation } from '../queue/Cancellation';
import { type Delivery } from '../queue/Delivery';
import { idlePowers } from './__fixtures__/idlePowers';
import { type AttemptEnvironment } from './Attempt';
import { runTask } from './runTask';
import { createShutdown } from './Shutdown';

const scheduledAt = new Date(1_900_000_000_000);
const now = new Date(1_900_000_005_000);
const payload = { to: 'ada' };

const envelopeWith = (change: Partial<TaskEnvelope> = {}): TaskEnvelope => ({
  v: 1,
  payload,
  correlationId: CorrelationId(),
  ...change,
});

type Specification = TaskSpecification<{ to: string }, unknown>;

const taskWith = (change: Partial<Omit<Specification, 'schema' | 'validator'>>): TaskDefinition<unknown> =>
  defineTask<{ to: string }, unknown>({
    queueName: 'emails:send',
    schema: z.object({ to: z.string() }),
    handler: () => ok('sent'),
    ...change,
  });

const handledBy = (handler: (...given: Parameters<Specification['handler']>) => unknown) =>
  taskWith({ handler: handler as Specification['handler'] });

const countedTask = () => {
  let count = 0;
  const handler = () => {
    count += 1;
    return ok('sent');
  };
  return { task: taskWith({ handler }), callCount: () => count };
};

/** A worker whose clock stands still and whose jitter is 10 %. */
const setup = (change: Partial<AttemptEnvironment> = {}) => {
  const logger = getMockedLogger();
  const environment: AttemptEnvironment = {
    workerId: 'w1',
    logger,
    defaults: { maxAttempts: 3, backoffMs: 1000, timeoutMs: 30_000 },
    graceMs: 0,
    maxCrashes: 3,
    maxResultBytes: 1000,
    shutdown: createShutdown(),
    resolve: resolveFrom([]),
    now: () => now,
    random: () => 0,
    ...change,
  };
  const run = (task: TaskDefinition<unknown>, delivery: Partial<Delivery> = {}) =>
    runTask(
      task,
      {
        taskId: TaskId(),
        data: envelopeWith(),
        attemptsMade: 0,
        crashCount: 0,
        runKey: '1',
        takenCount: 1,
        checkHeld: () => undefined,
        cancellation: createCancellation(),
        report: { progress: () => undefined, log: () => undefined },
        steps: emptyStepStore,
        ...idlePowers,
        scheduledAt,
        delayMs: 0,
        ...delivery,
      },
      environment,
    );
  return { logger, run };
};

describe('runTask', () => {
  const outcomes: [what: string, handler: () => unknown, attemptsMade: number, outcome: object][] = [
    ['ok(value)', () => ok({ id: 1 }), 0, { kind: 'completed', value: { id: 1 } }],
    ['ok of nothing', () => ok(), 0, { kind: 'completed', value: undefined }],
    ['an error with attempts left', () => err(new TaskError('down')), 0, { kind: 'retry', delayMs: 1100 }],
    [
      'a throw with attempts left',
      () => {
        throw new Error('down');
      },
      1,
      { kind: 'retry', delayMs: 2200 },
    ],
    [
      'an error in the last attempt',
      () => err(new TaskError('down')),
      2,
      { kind: 'failed', reason: 'exhausted' },
    ],
    [
      'a throw in the last attempt',
      () => {
        throw undefined;
      },
      2,
      { kind: 'failed', reason: 'exhausted' },
    ],
    ['a fatal error', () => err(TaskError.fatal('gone')), 0, { kind: 'failed', reason: 'fatal' }],
    [
      'a thrown fatal error',
      () => {
        throw TaskError.fatal('gone');
      },
      0,
      { kind: 'failed', reason: 'fatal' },
    ],
    ['retryLater', () => err(TaskError.retryLater(70)), 0, { kind: 'snoozed', delayMs: 70 }],
    [
      'retryLater in the last attempt',
      () => err(TaskError.retryLater(70)),
      2,
      { kind: 'snoozed', delayMs: 70 },
    ],
    ['no Result', () => 'sent', 0, { kind: 'failed', reason: 'invalid-output' }],
    ['a result JSON cannot hold', () => ok({ size: 1n }), 0, { kind: 'failed', reason: 'invalid-output' }],
    ['a boxed bigint as result', () => ok(Object(1n)), 0, { kind: 'failed', reason: 'invalid-output' }],
    ['a result over the cap', () => ok('x'.repeat(999)), 0, { kind: 'failed', reason: 'invalid-output' }],
    ['a result at the cap', () => ok('x'.repeat(998)), 0, { kind: 'completed' }],
  ];

  it.each(outcomes)('%s', async (_what, handler, attemptsMade, outcome) => {
    const end = await setup().run(handledBy(handler), { attemptsMade });

    expect(end.outcome).toMatchObject(outcome);
    expect([end.attempt, end.maxAttempts, end.startedAt]).toEqual([attemptsMade + 1, 3, now]);
  });

  it('fails a task as fatal when its retryOn says no to what the handler threw', async () => {
    const options = { retry: { retryOn: (error: Error) => !(error instanceof RangeError) } };
    const handler = ({ to }: { to: string }) => {
      throw to === 'far' ? new RangeError('too far') : new Error('down');
    };
    const run = (to: string) =>
      setup().run(taskWith({ handler, options }), { data: envelopeWith({ payload: { to } }) });

    expect((await run('far')).outcome).toMatchObject({ kind: 'failed', reason: 'fatal' });
    expect((await run('near')).outcome).toMatchObject({ kind: 'retry' });
  });

  it('keeps the issues of an invalid payload and never calls the handler', async () => {
    const { task, callCount } = countedTask();
    const { outcome } = await setup().run(task, { data: envelopeWith({ payload: { to: 7 } }) });

    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: 'invalid-payload',
      error: {
        code: 'invalid-payload',
        metadata: { issues: [{ path: 'to', message: 'Invalid input: expected string, received number' }] },
      },
    });
    expect(callCount()).toBe(0);
  });

  it('hands the handler what the schema makes of the payload', async () => {
    const task = defineTask({
      queueName: 'a:b',
      schema: z.object({ at: z.coerce.date(), size: z.number().default(7) }),
      handler: ({ at, size }) => ok([at.getTime(), size]),
    });
    const { outcome } = await setup().run(task, { data: envelopeWith({ payload: { at: '1970-01-01' } }) });

    expect(outcome).toEqual({ kind: 'completed', value: [0, 7] });
  });

  it('validates the result and stores what the schema makes of it', async () => {
    const output = z.object({ id: z.string().trim() });
    const run = (value: unknown) => setup().run(taskWith({ handler: () => ok(value), output }));

    expect((await run({ id: ' 7 ', extra: 1 })).outcome).toEqual({ kind: 'completed', value: { id: '7' } });
    expect((await run({ id: 7 })).outcome).toMatchObject({
      kind: 'failed',
      reason: 'invalid-output',
      error: { metadata: { issues: [{ path: 'id' }] } },
    });
  });

  it('keeps a skip as it is, whatever the output schema says, and only a skip', async () => {
    const output = z.object({ id: z.string() });
    const run = (value: unknown) => setup().run(taskWith({ handler: () => ok(value), output }));
    const value = { ...skipped('gone'), rows: 0 };

    expect((await run(value)).outcome).toEqual({ kind: 'completed', value });
    expect((await run({ status: 'skipped' })).outcome).toMatchObject({ reason: 'invalid-output' });
    expect((await run({ ...value, rows: 0n })).outcome).toMatchObject({ reason: 'invalid-output' });
  });

  it('runs a job without our envelope as a bare payload with a new correlation ID', async () => {
    const task = handledBy((given, { correlationId }) => ok({ given, correlationId }));
    const { outcome, envelope } = await setup().run(task, { data: { to: 'plain', v: 'x' } });

    expect(outcome).toEqual({
      kind: 'completed',
      value: { given: { to: 'plain' }, correlationId: envelope.correlationId },
    });
  });

  it.each([
    ['of a later version', { ...envelopeWith(), v: 2 }, 'expected envelope version 1, got 2'],
    ['with an unknown field', { ...envelopeWith(), expiresAt: 1 }, 'unknown envelope field "expiresAt"'],
  ])('fails an envelope %s as an invalid payload', async (_what, data, reason) => {
    const { outcome } = await setup().run(taskWith({}), { data });

    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: 'invalid-payload',
      error: { message: `the stored task cannot be read: ${reason}` },
    });
  });

  it('fails a task after the configured number of crashes, without running it', async () => {
    const { task, callCount } = countedTask();
    const { outcome, attempt } = await setup({ maxCrashes: 2 }).run(task, { crashCount: 2 });

    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: 'crash-loop',
      error: { message: 'the worker died 2 times while it ran this task' },
    });
    expect([attempt, callCount()]).toEqual([2, 0]); // the attempt that crashed, not one that never ran
  });

  describe('in a process that stood still after it took the task', () => {
    it.each([
      [false, 'released', 0],
      [true, 'completed', 1],
    ] as const)(
      'asks whether the task is still its own: when that is %p, it is %s',
      async (isHeld, kind, calls) => {
        const { task, callCount } = countedTask();
        const { outcome } = await setup().run(task, { checkHeld: async () => isHeld });

        expect([outcome.kind, callCount()]).toEqual([kind, calls]);
      },
    );

    it('gives a task back that is not its own for another reason than a stop', async () => {
      const { outcome } = await setup().run(countedTask().task, { checkHeld: async () => false });

      expect(outcome).toMatchObject({ kind: 'released', error: { code: 'lost-lock' } });
    });
  });

  describe('of a task that is cancelled', () => {
    const request = { requestedAt: now, reason: 'no longer wanted' };
    const requested = () => {
      const cancellation = createCancellation();
      cancellation.hear(request);
      return cancellation;
    };
    const cancelled = {
      kind: 'cancelled',
      error: { code: 'cancelled', message: 'the task was cancelled: no longer wanted' },
    };

    it('does not run it again, also when its crashes are used up', async () => {
      const { task, callCount } = countedTask();
      const end = await setup().run(task, { crashCount: 3, cancellation: requested() });

      expect(end).toMatchObject({ outcome: cancelled, attempt: 3, hasBegun: false });
      expect(callCount()).toBe(0);
    });

    it('does not begin when it is cancelled while Redis is asked whether it is still held', async () => {
      const { task, callCount } = countedTask();
      const cancellation = createCancellation();
      const checkHeld = async () => {
        cancellation.hear(request);
        return true;
      };

      expect(await setup().run(task, { cancellation, checkHeld })).toMatchObject({ outcome: cancelled });
      expect(callCount()).toBe(0);
    });

    it.each([
      ['an error', () => err(new TaskError('down')), cancelled],
      ['a fatal error', () => err(TaskError.fatal('gone')), cancelled],
      ['retryLater', () => err(TaskError.retryLater(70)), cancelled],
      ['ok', () => ok('done'), cancelled],
    ])('ends cancelled when the handler hears of it and returns %s', async (_what, end, outcome) => {
      const cancellation = createCancellation();
      const task = handledBy(async (_payload, { signal }) => {
        const told = new Promise((resolve) => signal.addEventListener('abort', resolve));
        cancellation.hear(request);
        await told;
        return end();
      });

      expect(await setup().run(task, { cancellation })).toMatchObject({ outcome, hasBegun: true });
    });

    it('is cancelled when it hears of it before an attempt that failed is over', async () => {
      const cancellation = createCancellation();
      const output = z.string().refine(() => {
        cancellation.hear(request);
        return false;
      });
      const task = taskWith({ handler: () => ok('sent'), output });

      expect(await setup().run(task, { cancellation })).toMatchObject({ outcome: cancelled });
    });

    it('names a handler that ignores it', async () => {
      const cancellation = createCancellation();
      const data = envelopeWith();
      const taskId = TaskId();
      const { run, logger } = setup();
      const task = handledBy(() => {
        cancellation.hear(request);
        return new Promise(() => undefined);
      });

      expect((await run(task, { cancellation, data, taskId })).outcome).toMatchObject(cancelled);
      expect(logger.warn.mock.calls).toEqual([
        [
          'A handler ignores its abort signal; it goes on without its task',
          { taskName: 'emails:send', taskId, correlationId: data.correlationId, reason: 'cancelled' },
        ],
      ]);
    });
  });

  describe('of a task that expires', () => {
    const expiring = (expiresAtMs: number) => ({ data: envelopeWith({ expiresAtMs }) });

    it('fails it unrun once its time is over', async () => {
      const { task, callCount } = countedTask();
      const { outcome, attempt } = await setup().run(task, expiring(now.getTime() - 1));

      expect(outcome).toMatchObject({
        kind: 'failed',
        reason: 'expired',
        error: { code: 'expired', message: 'the task was to start before 2030-03-17T17:46:44.999Z' },
      });
      expect([attempt, callCount()]).toEqual([0, 0]);
    });

    it('runs it at the last moment', async () => {
      const { task, callCount } = countedTask();
      const { outcome } = await setup().run(task, expiring(now.getTime()));

      expect([outcome.kind, callCount()]).toEqual(['completed', 1]);
    });

    it.each([{ attemptsMade: 1 }, { crashCount: 1 }])(
      'goes on with one that was tried before: %j',
      async (tried) => {
        const { outcome } = await setup().run(countedTask().task, { ...expiring(0), ...tried });

        expect(outcome.kind).toBe('completed');
      },
    );
  });

  it('counts a crash as an attempt', async () => {
    const { outcome, attempt } = await setup().run(taskWith({}), { attemptsMade: 1, crashCount: 1 });

    expect([outcome.kind, attempt]).toEqual(['completed', 3]);
  });

  it('fails a task whose last attempt ended in a crash, without running it again', async () => {
    const { task, callCount } = countedTask();
    const { outcome, attempt } = await setup().run(task, { attemptsMade: 2, crashCount: 1 });

    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: 'exhausted',
      error: { code: 'crashed', message: 'the worker died during attempt 3 of 3' },
    });
    expect([attempt, callCount()]).toEqual([3, 0]);
  });

  it('lets the call decide attempts, wait and timeout', async () => {
    const task = taskWith({
      handler: () => err(new Error('down')),
      options: { maxAttempts: 1, backoffMs: 5 },
    });
    const overrides = { maxAttempts: 2, backoffMs: 7777 };
    const end = await setup().run(task, { data: envelopeWith({ overrides }) });

    expect(end.outcome).toMatchObject({ kind: 'retry', delayMs: 7777 });
    expect(end.maxAttempts).toBe(2);
  });

  describe('with steps', () => {
    it('ends no attempt before the steps that it has begun', async () => {
      const gate = Promise.withResolvers<string>();
      const saved: string[] = [];
      const steps: StepStore = {
        ...emptyStepStore,
        save: async (step) => {
          saved.push(step.name);
          return { kind: 'stored', step };
        },
      };
      const task = handledBy(async (_payload, { step }) => {
        void step('charge', () => gate.promise);
        throw new Error('the warehouse is closed');
      });
      const running = setup({ graceMs: 1000 }).run(task, { steps });
      setTimeout(() => gate.resolve('charged'), 1);
      const { outcome } = await running;

      expect([outcome.kind, saved]).toEqual(['retry', ['charge']]);
    });

    it('times out with a step that does not end, whatever its handler does', async () => {
      const task = taskWith({
        handler: async (_payload, { step }) => {
          void step('charge', () => new Promise(() => undefined));
          return ok(1);
        },
        options: { timeoutMs: 5 },
      });

      expect((await setup().run(task)).outcome).toMatchObject({ kind: 'retry', error: { code: 'timeout' } });
    });

    it('hands out keys of the first task of a chain of retries', async () => {
      const keys: string[] = [];
      const task = handledBy(async (_payload, { step }) =>
        ok(await step('charge', ({ idempotencyKey }) => void keys.push(idempotencyKey))),
      );
      const taskId = TaskId();
      await setup().run(task, { taskId });
      await setup().run(task, { data: envelopeWith({ stepsOf: taskId }) });
      await setup().run(task);

      expect([keys[0] === keys[1], keys[0] === keys[2]]).toEqual([true, false]);
    });
  });

  it('gives the handler its whole context', async () => {
    const contexts: TaskContext[] = [];
    const { run, logger } = setup();
    const data = envelopeWith({ parentId: TaskId(), userId: UserId(), metadata: { tenant: 'a' } });
    const taskId = TaskId();
    await run(
      handledBy((_payload, context) => ok(void contexts.push(context))),
      { data, taskId, attemptsMade: 1 },
    );

    expect(contexts).toEqual([
      {
        taskId,
        taskName: 'emails:send',
        correlationId: data.correlationId,
        parentId: data.parentId,
        userId: data.userId,
        metadata: { tenant: 'a' },
        attempt: 2,
        maxAttempts: 3,
        scheduledAt,
        startedAt: now,
        workerId: 'w1',
        logger,
        signal: expect.any(AbortSignal),
        resolve: expect.any(Function),
        progress: expect.any(Function),
        log: expect.any(Function),
        schedule: expect.any(Function),
        children: noChildren,
        step: expect.any(Function),
        completeWithin: expect.any(Function),
      } as TaskContext,
    ]);
    const bindings = { correlationId: data.correlationId, taskId, taskName: 'emails:send', attempt: 2 };
    expect(logger.child.mock.calls).toEqual([[bindings]]);
  });

  it('puts the correlation ID around everything the handler calls, and nothing around others', async () => {
    const { run } = setup();
    const task = handledBy(async () => {
      await Promise.resolve();
      return ok(currentLogContext());
    });
    const data = envelopeWith();
    const [one, other] = await Promise.all([run(task, { data }), run(task)]);

    expect(one.outcome).toMatchObject({
      value: { correlationId: data.correlationId, taskName: 'emails:send' },
    });
    expect(other.outcome).not.toMatchObject({ value: { correlationId: data.correlationId } });
    expect(currentLogContext()).toEqual({});
  });

  it('times out a handler that obeys its signal', async () => {
    const task = taskWith({
      handler: (_payload, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(err(new Error('aborted'))));
        }),
      options: { timeoutMs: 1 },
    });
    const { run, logger } = setup({ graceMs: 10_000 });

    expect((await run(task)).outcome).toMatchObject({
      kind: 'retry',
      error: { code: 'timeout', message: 'the handler took longer than timeoutMs (1 ms)' },
    });
    expect((await run(task, { attemptsMade: 2 })).outcome).toMatchObject({
      kind: 'failed',
      reason: 'timeout',
    });
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('names a handler that ignores its signal, and says when it ends after all', async () => {
    const handler = Promise.withResolvers<never>();
    const { run, logger } = setup();
    const taskId = TaskId();
    const task = taskWith({ handler: () => handler.promise, options: { timeoutMs: 1 } });
    const data = envelopeWith();
    const { outcome } = await run(task, { taskId, data });
    const { correlationId } = data;
    const facts = { taskName: 'emails:send', taskId, correlationId, reason: 'timeout' };
    const lines = () => logger.warn.mock.calls;

    expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'timeout' } });
    expect(lines()).toEqual([['A handler ignores its abort signal; it goes on without its task', facts]]);
    handler.reject(new Error('much later'));
    await Bun.sleep(0);
    expect(lines().slice(1)).toEqual([
      ['A handler ended after its task was settled; its result is discarded', facts],
    ]);
  });

  it('gives a task back when the worker stops', async () => {
    const shutdown = createShutdown();
    const task = handledBy(() => {
      shutdown.begin();
      return new Promise(() => undefined);
    });

    expect((await setup({ shutdown }).run(task)).outcome).toMatchObject({
      kind: 'released',
      error: { code: 'shutdown' },
    });
  });

  it('is not disturbed by a logger that throws', async () => {
    const refuse = (): never => {
      throw new Error('disk full');
    };
    const broken: ILogger = {
      debug: refuse,
      info: refuse,
      warn: refuse,
      error: refuse,
      child: refuse,
      flush: refuse,
    };
    const task = handledBy((_payload, { logger }) => {
      logger.info('Sending');
      return ok('sent');
    });
    const { write } = process.stderr;
    process.stderr.write = () => true;
    const { outcome } = await setup({ logger: guardedLogger(broken) }).run(task);
    process.stderr.write = write;

    expect(outcome).toEqual({ kind: 'completed', value: 'sent' });
  });

  const refuse = (): never => {
    throw new Error('no entry');
  };
  const oddities: readonly unknown[] = [
    new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse }),
    Object.freeze(new Error('frozen')),
    Object.defineProperty(new Error(), 'message', { get: refuse }),
    Object.create(TaskError.prototype),
    Object.assign(new TaskError('x'), { code: 'unheard-of' }),
    Object.assign(new TaskError('x'), { metadata: null }),
    new TaskError('x', { size: 1n }),
    new TaskError('x', {}, { code: 'shutdown' }),
    new TaskError('x', {}, { code: 'crash-loop' }),
    TaskError.retryLater(Number.NaN),
    TaskError.fatal('gone'),
    Symbol('s'),
    refuse,
    { toJSON: refuse },
    { isOk: refuse, isErr: refuse },
    { isOk: () => false, isErr: () => true },
  ];
  const acts: readonly ((value: unknown) => unknown)[] = [
    (value) => value,
    (value) => ok(value),
    (value) => err(value),
    (value) => Promise.resolve(ok(value)),
    (value) => Promise.reject(value),
    (value) => {
      throw value;
    },
  ];
  // Only numbers and plain values: fast-check looks into what it generates, and some of these bite.
  const doings = fc
    .record({
      act: fc.nat({ max: acts.length - 1 }),
      oddity: fc.option(fc.nat({ max: oddities.length - 1 }), { nil: undefined }),
      plain: fc.anything({ withBigInt: true, withDate: true, withMap: true, withBoxedValues: true }),
    })
    .map(
      ({ act, oddity, plain }) =>
        () =>
          acts[act]?.(oddity === undefined ? plain : oddities[oddity]),
    );
  const reasons = ['exhausted', 'timeout', 'fatal', 'invalid-payload', 'invalid-output', 'crash-loop'];

  it('ends in a documented outcome, whatever handler, validator and retryOn do', async () => {
    const { run } = setup();
    await fc.assert(
      fc.asyncProperty(
        doings,
        fc.option(doings, { nil: () => ok(payload) }),
        fc.option(doings, { nil: undefined }),
        fc.nat({ max: 3 }),
        async (handler, validator, retryOn, attemptsMade) => {
          const task = defineTask({
            queueName: 'a:b',
            validator: validator as () => never,
            handler: handler as Specification['handler'],
            options: retryOn === undefined ? {} : { retry: { retryOn: retryOn as () => boolean } },
          });
          const { outcome } = await run(task as TaskDefinition<unknown>, { attemptsMade });
          expect(['completed', 'retry', 'snoozed', 'failed']).toContain(outcome.kind);
          if (outcome.kind === 'completed') expect(checkJson(outcome.value, 1000).isOk()).toBe(true);
          else expect(outcome.error).toBeInstanceOf(TaskError);
          if (outcome.kind === 'failed') expect(reasons).toContain(outcome.reason);
          if ('delayMs' in outcome) expect(Number.isInteger(outcome.delayMs)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never rejects, whatever data a job holds', async () => {
    const { run } = setup();
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (data) => {
        expect(['completed', 'failed']).toContain((await run(taskWith({}), { data })).outcome.kind);
      }),
    );
  });
});
