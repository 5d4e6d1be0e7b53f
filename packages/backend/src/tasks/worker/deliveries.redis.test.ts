import { describe, expect, it } from 'bun:test';
import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { createTaskBench } from './__fixtures__/TaskBench';

const payloadSchema = z.object({ n: z.number() });

/** A task whose runs are recorded, and a job of it that plain BullMQ wrote. */
const setup = async ({
  task: definition,
  env = {},
}: {
  readonly task?: Partial<TaskDefinition<unknown>>;
  readonly env?: Readonly<Record<string, string>>;
} = {}) => {
  const runs: TaskContext[] = [];
  const task = defineTask<unknown, unknown>({
    queueName: 'test:delivery',
    ...(definition?.validator === undefined
      ? { schema: payloadSchema }
      : { validator: definition.validator }),
    handler: async (payload, context) => {
      runs.push(context);
      return definition?.handler === undefined ? ok(payload) : definition.handler(payload, context);
    },
    options: definition?.options ?? {},
  });
  const bench = await createTaskBench({ tasks: [task], env });
  const queue = bench.queue(task);
  return {
    bench,
    runs,
    /** Adds a job as a program without Drover does. */
    add: async (data: unknown, options: { jobId?: string; attempts?: number } = {}) =>
      ((await queue.add('any name', data, options)).id ?? '') as TaskId, // BullMQ's own number
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

const envelope = (fields: object) => ({ v: 1, correlationId: CorrelationId(), payload: { n: 1 }, ...fields });

const NOT_A_NUMBER = 'Invalid input: expected number, received string';

const refused: [what: string, data: unknown, message: string, metadata: object | undefined][] = [
  [
    'an invalid payload in an envelope',
    envelope({ payload: { n: 'one' } }),
    `expected valid data: n: ${NOT_A_NUMBER}, got "one"`,
    { issues: [{ path: 'n', message: NOT_A_NUMBER }] },
  ],
  [
    'an invalid bare payload',
    { n: 'one' },
    `expected valid data: n: ${NOT_A_NUMBER}, got "one"`,
    { issues: [{ path: 'n', message: NOT_A_NUMBER }] },
  ],
  [
    'an envelope of a later version',
    envelope({ v: 2 }),
    'the stored task cannot be read: expected envelope version 1, got 2',
    undefined,
  ],
  [
    'an envelope with a field it does not know',
    envelope({ extra: true }),
    'the stored task cannot be read: unknown envelope field "extra"',
    undefined,
  ],
  [
    'an envelope with overrides that are none',
    envelope({ overrides: { maxAttempts: -1 } }),
    'the stored task cannot be read: the envelope field overrides is malformed: {"maxAttempts":-1}',
    undefined,
  ],
];

describe('a job that another program has written', () => {
  it.each(refused)('with %s is a dead letter that was never run', async (_what, data, message, metadata) => {
    await using test = await setup();
    const id = await test.add(data, { jobId: TaskId() });
    await test.bench.startWorker();

    const { status, attempt, error } = await test.bench.ended(id);
    expect({ status, attempt, error }).toEqual({
      status: 'failed',
      attempt: 1,
      error: {
        message,
        code: 'invalid-payload',
        reason: 'invalid-payload',
        attempt: 1,
        ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
      },
    });
    expect(test.bench.messages(id)).toEqual(['Task failed for good']);
    expect(test.runs).toEqual([]);
  });

  it('runs as a bare payload with a correlation ID of its own', async () => {
    await using test = await setup();
    const ids = [await test.add({ n: 1 }), await test.add({ n: 2 })];
    await test.bench.startWorker();

    const records = await Promise.all(ids.map((id) => test.bench.ended(id)));
    expect(records.map(({ status, value }) => ({ status, value }))).toEqual([
      { status: 'completed', value: { n: 1 } },
      { status: 'completed', value: { n: 2 } },
    ]);
    const correlationIds = test.runs.map(({ correlationId }) => correlationId);
    expect(correlationIds.map((id) => parseCorrelationId(id).isOk())).toEqual([true, true]);
    expect(new Set(correlationIds).size).toBe(2);
    expect(test.runs.map(({ taskId }) => taskId)).toEqual(ids);
  });

  it.each([
    ['without attempts', {}],
    ['with attempts of its own', { attempts: 7 }],
  ])('%s is tried as often as the definition says', async (_how, options) => {
    await using test = await setup({ task: { handler: async () => err(new TaskError('never')) } });
    const id = await test.add({ n: 1 }, options);
    await test.bench.startWorker();

    expect(await test.bench.ended(id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      maxAttempts: 3,
      error: { reason: 'exhausted', attempt: 3 },
    });
    expect(test.runs.map(({ attempt, maxAttempts }) => [attempt, maxAttempts])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('that is no JSON does not keep others from running', async () => {
    await using test = await setup({ env: { WORKER_LOCK_MS: '300', WORKER_STALLED_INTERVAL_MS: '100' } });
    const broken = await test.add({ n: 1 });
    const { queuePrefix } = test.bench.appConfig;
    await test.bench.redis.hset(`${queuePrefix}:{test.delivery}:${broken}`, 'data', '{"n":');
    const fine = await test.add({ n: 2 });
    await test.bench.startWorker({ concurrency: 1 });

    expect(await test.bench.ended(fine)).toMatchObject({ status: 'completed', value: { n: 2 } });
  });
});

describe('a validator', () => {
  const broken: [what: string, validator: () => unknown, message: string][] = [
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'the validator threw: broken',
    ],
    [
      'throws undefined',
      () => {
        throw undefined;
      },
      'the validator threw: the handler failed with undefined',
    ],
    [
      'returns no result',
      () => ({ n: 1 }),
      'expected the validator to return ok(payload) or err(error), got an object',
    ],
    [
      'is asynchronous and rejects',
      () => Promise.reject(new Error('late')),
      'expected the validator to return ok(payload) or err(error), got a promise: a validator is synchronous',
    ],
  ];

  it.each(broken)('that %s fails its task alone', async (_what, validator, message) => {
    await using test = await setup({ task: { validator: validator as () => Result<unknown, Error> } }); // not one, on purpose
    const ids = [await test.add({ n: 1 }), await test.add({ n: 2 })];
    await test.bench.startWorker({ concurrency: 1 });

    for (const id of ids) {
      expect(await test.bench.ended(id)).toMatchObject({
        status: 'failed',
        error: { message, code: 'invalid-payload', reason: 'invalid-payload', attempt: 1 },
      });
    }
    expect(test.runs).toEqual([]);
  });
});
