import { describe, expect, it } from 'bun:test';
import { type AppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { validate } from '@core/validation/validate';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { createTaskScheduler, type TaskScheduler } from '../scheduler/TaskScheduler';
import { defineTask, type TaskDefinition } from './TaskDefinition';
import { TaskError } from './TaskError';
import { type FoundHandle, type TaskHandle } from './TaskHandle';
import { type TaskResultError } from './TaskResultError';

// The compiler runs these tests: every @ts-expect-error that expects nothing is an error of its own. The functions that
// hold them are never called.

interface Email {
  readonly to: string;
  readonly subject: string;
}

/** True only if both types are the same, so that `any` equals nothing but itself. */
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const isSame = <A, B>(..._same: IsSame<A, B> extends true ? [] : [never]): void => undefined;

const emailSchema = z.object({ to: z.string(), subject: z.string() });

const sendEmailTask = defineTask({
  queueName: 'emails:send',
  validator: (data) => validate(emailSchema, data),
  handler: async (payload, ctx) => {
    isSame<typeof payload, z.output<typeof emailSchema>>();
    isSame<typeof ctx.attempt, number>();
    return ok({ messageId: payload.to });
  },
});

const fromSchemaTask = defineTask({
  queueName: 'emails:send-2',
  schema: emailSchema,
  handler: async (payload) => {
    isSame<typeof payload, z.output<typeof emailSchema>>();
    return payload.to === '' ? err(new TaskError('no address')) : ok(payload.subject.length);
  },
});

const transformingTask = defineTask({
  queueName: 'reports:build',
  schema: z.object({ pages: z.string().transform(Number), copies: z.number().default(1) }),
  handler: async (payload) => {
    isSame<typeof payload, { pages: number; copies: number }>();
    return ok();
  },
});

const scheduler: TaskScheduler = createTaskScheduler({
  logger: silentLogger,
  appConfig: { ledgerUrl: 'off' } as AppConfig, // nothing else is read: nothing is scheduled
});
const id = CorrelationId();
const email: Email = { to: 'ada@example.com', subject: 'Hello' };

const payloads = (): unknown[] => [
  scheduler.schedule(id, sendEmailTask, email),
  scheduler.schedule(id, fromSchemaTask, email),
  scheduler.schedule(id, transformingTask, { pages: '12' }),
  // @ts-expect-error what the handler gets is not what the schema takes
  scheduler.schedule(id, transformingTask, { pages: 12 }),
  // @ts-expect-error a field of the wrong type
  scheduler.schedule(id, sendEmailTask, { to: 1, subject: 'Hello' }),
  // @ts-expect-error a missing field
  scheduler.schedule(id, sendEmailTask, { to: 'ada@example.com' }),
  // @ts-expect-error a missing field, with a schema
  scheduler.schedule(id, fromSchemaTask, { to: 'ada@example.com' }),
  // @ts-expect-error a field the schema does not know
  scheduler.schedule(id, sendEmailTask, { to: 'a', subject: 'b', cc: 'c' }),
  // @ts-expect-error the payload of another kind
  scheduler.schedule(id, sendEmailTask, 'ada@example.com'),
  // @ts-expect-error no payload
  scheduler.schedule(id, sendEmailTask),
  // @ts-expect-error a plain string is no correlation ID
  scheduler.schedule('id', sendEmailTask, email),
  // @ts-expect-error a name is no task
  scheduler.schedule(id, 'emails:send', email),
  // @ts-expect-error a handler is called with the payload's type
  sendEmailTask.handler({ to: 'ada@example.com' }),
];

const scheduleOptions = (): unknown[] => [
  scheduler.schedule(id, sendEmailTask, email, { delayMs: 5000, priority: 'high', metadata: { a: 1 } }),
  // @ts-expect-error an unknown option
  scheduler.schedule(id, sendEmailTask, email, { delay: 5000 }),
  // @ts-expect-error a delay is a number
  scheduler.schedule(id, sendEmailTask, email, { delayMs: '5000' }),
  // @ts-expect-error `at` is a Date
  scheduler.schedule(id, sendEmailTask, email, { at: 1_900_000_000_000 }),
  // @ts-expect-error a priority that is no word of ours
  scheduler.schedule(id, sendEmailTask, email, { priority: 'urgent' }),
  // @ts-expect-error a plain string is no user id
  scheduler.schedule(id, sendEmailTask, email, { userId: 'ada' }),
];

const handler = () => ok(1);
const validator = (data: unknown) => validate(emailSchema, data);

const definitions = (): unknown[] => [
  defineTask({
    queueName: 'a:b',
    schema: emailSchema,
    handler,
    // @ts-expect-error an unknown option
    options: { maxAttempt: 3 },
  }),
  defineTask({
    queueName: 'a:b',
    schema: emailSchema,
    handler,
    // @ts-expect-error a priority that is no word of ours
    options: { priority: 'urgent' },
  }),
  defineTask({
    queueName: 'a:b',
    schema: emailSchema,
    handler,
    // @ts-expect-error a backoff that does not exist
    options: { retry: { backoff: 'random' } },
  }),
  // @ts-expect-error both validator and schema
  defineTask({ queueName: 'a:b', schema: emailSchema, validator, handler }),
  // @ts-expect-error neither validator nor schema
  defineTask({ queueName: 'a:b', handler }),
  // @ts-expect-error no name
  defineTask({ schema: emailSchema, handler }),
  // @ts-expect-error no handler
  defineTask({ queueName: 'a:b', schema: emailSchema }),
  // @ts-expect-error a field defineTask does not know
  defineTask({ queueName: 'a:b', schema: emailSchema, handler, retries: 3 }),
  defineTask({
    queueName: 'a:b',
    schema: emailSchema,
    // @ts-expect-error the handler's payload is not what the schema gives
    handler: async (payload: { readonly url: string }) => ok(payload.url),
  }),
  defineTask({
    queueName: 'a:b',
    schema: emailSchema,
    // @ts-expect-error a handler returns a Result
    handler: async () => ({ success: true }),
  }),
  defineTask({
    queueName: 'a:b',
    schema: emailSchema,
    output: z.object({ messageId: z.string() }),
    // @ts-expect-error the result is not what `output` says
    handler: async () => ok({ messageId: 7 }),
  }),
  defineTask({
    queueName: 'a:b',
    schema: emailSchema,
    // @ts-expect-error an error is an Error
    handler: async () => err('boom'),
  }),
];

const outputTask = defineTask({
  queueName: 'a:b',
  schema: emailSchema,
  output: z.object({ messageId: z.string() }),
  handler: async () => ok({ messageId: '1' }),
});

const outputs = async (): Promise<void> => {
  const typed = await scheduler.schedule(id, outputTask, email);
  if (typed.isOk()) isSame<typeof typed.value, TaskHandle<{ messageId: string }>>();
  const inferred = await scheduler.schedule(id, sendEmailTask, email);
  if (inferred.isOk()) isSame<typeof inferred.value, TaskHandle<{ messageId: string }>>();
  if (typed.isOk()) {
    const result = await typed.value.result();
    isSame<typeof result, Result<{ messageId: string }, TaskResultError>>();
  }
  const found = scheduler.handle(outputTask, 'an id');
  isSame<typeof found, FoundHandle<{ messageId: string }>>();
  const direct = await fromSchemaTask.handler(email);
  isSame<typeof direct, Result<number, Error>>();
  // @ts-expect-error the comparison itself can fail
  isSame<typeof direct, Result<string, Error>>();
};

const registry: TaskDefinition<unknown>[] = [sendEmailTask, fromSchemaTask, outputTask, transformingTask];

describe('TaskDefinition types', () => {
  it('let every definition fit one list, and hold what the compiler has checked', () => {
    expect(registry.map(({ queueName }) => queueName)).toEqual([
      'emails:send',
      'emails:send-2',
      'a:b',
      'reports:build',
    ]);
    expect(
      [payloads, scheduleOptions, definitions, outputs].every((cases) => typeof cases === 'function'),
    ).toBe(true);
  });
});
