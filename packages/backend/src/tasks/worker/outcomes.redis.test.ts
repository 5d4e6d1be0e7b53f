import { describe, expect, it } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskOptions } from '../domain/TaskOptions';
import { type TaskRecord } from '../domain/TaskRecord';
import { createTaskBench } from './__fixtures__/TaskBench';

const COMPLETED = 'Task completed';
const RETRIED = 'Task failed an attempt and will be retried';
const FAILED = 'Task failed for good';
const SNOOZED = 'Task asked to run later';

/** What a handler does, and what must become of its task. */
interface Row {
  readonly does: string;
  handler(context: TaskContext, run: number): unknown;
  readonly options?: TaskOptions;
  readonly output?: z.ZodType;
  readonly runs: number;
  readonly messages: readonly string[];
  readonly ends: Partial<TaskRecord>;
}

const toTask = ({ handler, options, output }: Row, countRun: () => number): TaskDefinition<unknown> =>
  defineTask({
    queueName: 'test:outcome',
    schema: z.object({ n: z.number() }),
    ...(output === undefined ? {} : { output }),
    // The point of these tests is what a handler must not return.
    handler: async (_payload, context) => (await handler(context, countRun())) as Result<unknown, Error>,
    ...(options === undefined ? {} : { options }),
  });

const cyclic = (): object => {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
};

/** Answers once, as a value that changes after the handler has returned it. */
const answersOnce = (): object => {
  let answers = 0;
  return {
    toJSON: () => {
      answers += 1;
      if (answers > 2) throw new Error('asked again');
      return { answers: 'once' };
    },
  };
};

const completed: Row[] = [
  {
    does: 'answers ok with a value that cannot be read again later',
    handler: () => ok(answersOnce()),
    runs: 1,
    messages: [COMPLETED],
    ends: { status: 'completed', attempt: 1, value: { answers: 'once' } },
  },
  {
    does: 'answers ok with a value',
    handler: () => ok({ messageId: 'm1', sentAt: new Date(0) }),
    runs: 1,
    messages: [COMPLETED],
    ends: { status: 'completed', attempt: 1, value: { messageId: 'm1', sentAt: '1970-01-01T00:00:00.000Z' } },
  },
  {
    does: 'answers ok without a value',
    handler: () => ok(),
    runs: 1,
    messages: [COMPLETED],
    ends: { status: 'completed', attempt: 1, value: null },
  },
  {
    does: 'fails once and then passes',
    handler: (_context, run) => (run === 1 ? err(new TaskError('not yet')) : ok(run)),
    runs: 2,
    messages: [RETRIED, COMPLETED],
    ends: { status: 'completed', attempt: 2, value: 2 },
  },
  {
    does: 'asks twice to run later',
    handler: ({ attempt }, run) => (run < 3 ? err(TaskError.retryLater(1, 'rate limited')) : ok({ attempt })),
    options: { maxAttempts: 1 },
    runs: 3,
    messages: [SNOOZED, SNOOZED, COMPLETED],
    ends: { status: 'completed', attempt: 1, value: { attempt: 1 } },
  },
  {
    does: 'answers a value that its output schema extends',
    handler: () => ok({ a: 1 }),
    output: z.object({ a: z.number(), b: z.number().default(2) }),
    runs: 1,
    messages: [COMPLETED],
    ends: { status: 'completed', attempt: 1, value: { a: 1, b: 2 } },
  },
];

const HANDLER_FAILED = { code: 'task-failed', reason: 'exhausted', attempt: 2 } as const;

const exhausted: [does: string, handler: () => unknown, message: string, metadata?: object][] = [
  [
    'answers err',
    () => err(new TaskError('SMTP is down', { host: 'mail' })),
    'SMTP is down',
    { host: 'mail' },
  ],
  ['answers err with a plain Error', () => err(new Error('plain')), 'plain'],
  ['answers err with undefined', () => err(undefined), 'the handler failed with undefined'],
  [
    'throws an Error',
    () => {
      throw new Error('thrown');
    },
    'thrown',
  ],
  [
    'throws undefined',
    () => {
      throw undefined;
    },
    'the handler failed with undefined',
  ],
  [
    'throws null',
    () => {
      throw null;
    },
    'the handler failed with null',
  ],
  [
    'throws a string',
    () => {
      throw 'no reason';
    },
    'the handler failed with no reason',
  ],
  [
    'throws a BigInt',
    () => {
      throw 10n;
    },
    'the handler failed with a value of type bigint that cannot be shown',
  ],
  [
    'throws a frozen Error',
    () => {
      throw Object.freeze(new Error('frozen'));
    },
    'frozen',
  ],
  [
    'throws an Error without a message',
    () => {
      throw new RangeError();
    },
    'RangeError',
  ],
  ['rejects with null', () => Promise.reject(null), 'the handler failed with null'],
  [
    'answers a thenable that throws',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a broken thenable is what a handler may return
      then: () => {
        throw new Error('broken thenable');
      },
    }),
    'broken thenable',
  ],
  [
    "throws with the message that means 'rate limited' to BullMQ",
    () => {
      throw new Error('bullmq:rateLimitExceeded');
    },
    'bullmq:rateLimitExceeded',
  ],
  [
    'throws an error with the name of one of BullMQ',
    () => {
      throw Object.assign(new Error('delayed?'), { name: 'DelayedError' });
    },
    'delayed?',
  ],
  [
    'answers err with metadata that JSON cannot carry',
    () => err(new TaskError('odd', { big: 1n, map: new Map(), fine: 1 })),
    'odd',
    { big: '1', map: '[object Map]', fine: 1 },
  ],
  [
    'answers err with metadata that throws when it is read',
    () =>
      err(
        new TaskError('hostile', {
          get secret() {
            throw new Error('a getter threw');
          },
        }),
      ),
    'hostile',
    { secret: 'unreadable: a getter threw' },
  ],
];

const failed: Row[] = [
  ...exhausted.map(
    ([does, handler, message, metadata]): Row => ({
      does: `${does} in every attempt`,
      handler,
      options: { maxAttempts: 2 },
      runs: 2,
      messages: [RETRIED, FAILED],
      ends: {
        status: 'failed',
        attempt: 2,
        error: {
          message,
          ...HANDLER_FAILED,
          ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
        },
      },
    }),
  ),
  {
    does: 'answers fatal',
    handler: () => err(TaskError.fatal('no such user', { userId: 7 })),
    runs: 1,
    messages: [FAILED],
    ends: {
      status: 'failed',
      attempt: 1,
      error: { message: 'no such user', code: 'fatal', reason: 'fatal', attempt: 1, metadata: { userId: 7 } },
    },
  },
  {
    does: "answers fatal with the message that means 'rate limited' to BullMQ",
    handler: () => err(TaskError.fatal('bullmq:rateLimitExceeded')),
    runs: 1,
    messages: [FAILED],
    ends: {
      status: 'failed',
      attempt: 1,
      error: { message: 'bullmq:rateLimitExceeded', code: 'fatal', reason: 'fatal', attempt: 1 },
    },
  },
  {
    does: 'fails with an error that retryOn rules out',
    handler: () => err(new TaskError('404')),
    options: { retry: { retryOn: ({ message }) => message !== '404' } },
    runs: 1,
    messages: [FAILED],
    ends: {
      status: 'failed',
      attempt: 1,
      error: { message: '404', code: 'task-failed', reason: 'fatal', attempt: 1 },
    },
  },
  {
    does: 'fails under a retryOn that throws',
    handler: () => err(new TaskError('500')),
    options: {
      maxAttempts: 2,
      retry: {
        retryOn: () => {
          throw new Error('broken predicate');
        },
      },
    },
    runs: 2,
    messages: [RETRIED, FAILED],
    ends: { status: 'failed', attempt: 2, error: { message: '500', ...HANDLER_FAILED } },
  },
  {
    does: 'asks to run later at a time that is none',
    handler: () => err(TaskError.retryLater(Number.NaN)),
    options: { maxAttempts: 1 },
    runs: 1,
    messages: [FAILED],
    ends: {
      status: 'failed',
      attempt: 1,
      error: {
        message: 'expected delayMs of TaskError.retryLater to be an integer from 0 to 315360000000, got NaN',
        code: 'task-failed',
        reason: 'exhausted',
        attempt: 1,
      },
    },
  },
];

const NO_RESULT = 'expected the handler to return ok(...) or err(...), got';
const UNSTORABLE = 'the result cannot be stored: expected';
const JSON_VALUE = 'to be something JSON carries unchanged, got';

const invalid: [does: string, handler: () => unknown, message: string][] = [
  ['returns undefined', () => undefined, `${NO_RESULT} undefined`],
  ['returns null', () => null, `${NO_RESULT} null`],
  ['returns a bare value', () => ({ done: true }), `${NO_RESULT} an object`],
  ['returns a BigInt', () => 5n, `${NO_RESULT} 5n`],
  ['answers ok with a BigInt', () => ok({ id: 1n }), `${UNSTORABLE} id ${JSON_VALUE} a bigint`],
  ['answers ok with a cycle', () => ok(cyclic()), `${UNSTORABLE} self ${JSON_VALUE} a cycle`],
  ['answers ok with NaN', () => ok(Number.NaN), `${UNSTORABLE} the value ${JSON_VALUE} NaN`],
  [
    'answers ok with more than the cap',
    () => ok('x'.repeat(70_000)),
    `${UNSTORABLE} at most 65536 bytes of JSON, got 70002`,
  ],
];

const invalidOutput: Row[] = [
  ...invalid.map(
    ([does, handler, message]): Row => ({
      does,
      handler,
      runs: 1,
      messages: [FAILED],
      ends: {
        status: 'failed',
        attempt: 1,
        error: { message, code: 'invalid-output', reason: 'invalid-output', attempt: 1 },
      },
    }),
  ),
  {
    does: 'answers ok with what its output schema refuses',
    handler: () => ok({ messageId: 5 }),
    output: z.object({ messageId: z.string() }),
    runs: 1,
    messages: [FAILED],
    ends: {
      status: 'failed',
      attempt: 1,
      error: {
        message: 'expected valid data: messageId: Invalid input: expected string, received number, got 5',
        code: 'invalid-output',
        reason: 'invalid-output',
        attempt: 1,
        metadata: {
          issues: [{ path: 'messageId', message: 'Invalid input: expected string, received number' }],
        },
      },
    },
  },
];

describe('a task whose handler', () => {
  it.each([...completed, ...failed, ...invalidOutput].map((row): [string, Row] => [row.does, row]))(
    '%s ends in the documented outcome',
    async (_does, row) => {
      let runs = 0;
      const task = toTask(row, () => {
        runs += 1;
        return runs;
      });
      await using bench = await createTaskBench({ tasks: [task] });
      await bench.startWorker();
      const id = await bench.schedule(task, { n: 1 });

      const { status, attempt, value, error } = await bench.ended(id);
      expect({
        status,
        attempt,
        ...(value === undefined ? {} : { value }),
        ...(error === undefined ? {} : { error }),
      }).toEqual({ ...row.ends } as never); // the table names whole values
      expect(bench.messages(id)).toEqual([...row.messages]);
      expect(runs).toBe(row.runs);
    },
  );
});
