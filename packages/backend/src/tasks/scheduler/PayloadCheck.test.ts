import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { checkPayload } from './PayloadCheck';

const taskOf = (schema: z.ZodType): TaskDefinition<unknown> =>
  defineTask({ queueName: 'a:b', schema, handler: () => ok(1) });

const anything = taskOf(z.unknown());
const refusalOf = (task: TaskDefinition<unknown>, payload: unknown, maxBytes = 1000) =>
  checkPayload(task, payload, maxBytes)._unsafeUnwrapErr();

describe('checkPayload', () => {
  it.each([
    ['a payload of its schema', taskOf(z.object({ n: z.number() })), { n: 1 }],
    ['nothing', anything, undefined],
    ['null', anything, null],
    ['a date the schema accepts as text too', taskOf(z.object({ at: z.coerce.date() })), { at: new Date(0) }],
    ['what toJSON makes of a value', anything, { toJSON: () => 'text' }],
  ])('accepts %s', (_what, task, payload) => {
    expect(checkPayload(task, payload, 1000).isOk()).toBe(true);
  });

  it.each([
    ['once when JSON changes nothing', { a: 1 }, 1],
    ['again when JSON changes something', { a: new Date(0) }, 2],
  ])('asks the validator %s', (_what, payload, count) => {
    const asked: unknown[] = [];
    const validator = (data: unknown) => ok(asked.push(data));
    checkPayload(defineTask({ queueName: 'a:b', validator, handler: () => ok(1) }), payload, 1000);

    expect(asked).toHaveLength(count);
  });

  it('refuses what breaks the schema, with the issues', () => {
    const error = refusalOf(taskOf(z.object({ to: z.email(), n: z.number() })), { to: 'x', n: 1 });

    expect(error).toMatchObject({
      name: 'ScheduleError',
      code: 'invalid-payload',
      message: 'the payload of a:b is refused: expected valid data: to: Invalid email address, got "x"',
      issues: [{ path: 'to', message: 'Invalid email address' }],
      cause: { name: 'ValidationError' },
    });
  });

  it('refuses what JSON cannot carry, with the place', () => {
    const message = 'expected list[0].size to be something JSON carries unchanged, got a bigint';
    const error = refusalOf(anything, { list: [{ size: 1n }] });

    expect(error).toMatchObject({
      code: 'invalid-payload',
      message: `the payload of a:b is refused: ${message}`,
      issues: [{ path: 'list[0].size', message }],
    });
  });

  it('accepts the largest size and refuses one byte more', () => {
    expect(checkPayload(anything, 'x'.repeat(998), 1000).isOk()).toBe(true);
    expect(refusalOf(anything, 'x'.repeat(999)).message).toBe(
      'the payload of a:b is refused: expected at most 1000 bytes of JSON, got 1001',
    );
  });

  it('refuses a date whose text the worker’s schema would not accept', () => {
    const error = refusalOf(taskOf(z.object({ at: z.date() })), { at: new Date(0) });

    expect(error.message).toStartWith(
      'the payload of a:b is refused: JSON changes it, and then expected valid data: at:',
    );
    expect(error.issues).toHaveLength(1);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      'the validator threw: boom',
    ],
    ['refuses with a text', () => err('no'), 'the handler failed with no'],
    ['answers no Result', () => true, 'expected the validator to return ok(payload) or err(error), got true'],
  ])('refuses, and does not throw, when the validator %s', (_what, validator, message) => {
    const task = defineTask({ queueName: 'a:b', validator: validator as () => never, handler: () => ok(1) });

    expect(refusalOf(task, 1)).toMatchObject({ code: 'invalid-payload', issues: [{ path: '', message }] });
  });
});
