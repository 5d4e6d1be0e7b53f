import { describe, expect, it } from 'bun:test';
import { validate } from '@core/validation/validate';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from './TaskDefinition';
import { validatePayload } from './validatePayload';

const schema = z.object({ email: z.email(), tags: z.array(z.string()) });

/** A validator as plain JavaScript may bring it, past the compiler. */
const taskWith = (validator: (data: unknown) => unknown) =>
  defineTask({ queueName: 'a:b', validator: validator as () => never, handler: () => ok(1) });

const refuse = (): never => {
  throw new Error('no entry');
};

describe('validatePayload', () => {
  it('gives back what the validator makes of the data', () => {
    const task = defineTask({
      queueName: 'a:b',
      schema: z.object({ n: z.number().default(7) }),
      handler: () => ok(1),
    });

    expect(validatePayload(task, { extra: 1 })._unsafeUnwrap()).toEqual({ n: 7 });
  });

  const issues = [
    { path: 'email', message: 'Invalid email address' },
    { path: 'tags.0', message: 'Invalid input: expected string, received number' },
  ];

  it.each([
    ['validate', (data: unknown) => validate(schema, data), 'tags[0]'],
    [
      'safeParse',
      (data: unknown) => {
        const parsed = schema.safeParse(data);
        return parsed.success ? ok(parsed.data) : err(parsed.error);
      },
      'tags.0',
    ],
  ])('keeps the issues of %s, with their paths as text', (_what, validator, tagPath) => {
    const error = validatePayload(taskWith(validator), { email: 'x', tags: [1] })._unsafeUnwrapErr();

    expect(error.code).toBe('invalid-payload');
    expect(error.metadata).toEqual({ issues: [issues[0], { ...issues[1], path: tagPath }] });
  });

  it('keeps the validator’s error as cause and its message', () => {
    const cause = new RangeError('too far');
    const error = validatePayload(
      taskWith(() => err(cause)),
      1,
    )._unsafeUnwrapErr();

    expect(error).toMatchObject({ message: 'too far', code: 'invalid-payload', cause, metadata: {} });
  });

  const noResult = 'expected the validator to return ok(payload) or err(error), got';

  it.each([
    ['throws', refuse, 'the validator threw: no entry'],
    [
      'throws undefined',
      () => {
        throw undefined;
      },
      'the validator threw: the handler failed with undefined',
    ],
    ['returns nothing', () => undefined, `${noResult} undefined`],
    ['returns the payload', (data: unknown) => data, `${noResult} an object`],
    ['returns true', () => true, `${noResult} true`],
    ['returns half a result', () => ({ isOk: () => true }), `${noResult} an object`],
    ['returns a hostile Proxy', () => new Proxy({}, { has: refuse }), 'the validator threw: no entry'],
    [
      'returns a result whose value throws',
      () => ({ isOk: refuse, isErr: refuse }),
      'the validator threw: no entry',
    ],
    ['refuses with a text', () => err('no'), 'the handler failed with no'],
    ['refuses with nothing', () => err(undefined), 'the handler failed with undefined'],
    [
      'refuses with hostile issues',
      () => err(Object.defineProperty(new Error('x'), 'issues', { get: refuse })),
      'the validator threw: no entry',
    ],
  ])('refuses, and does not throw, when the validator %s', (_what, validator, message) => {
    const error = validatePayload(taskWith(validator), { a: 1 })._unsafeUnwrapErr();

    expect([error.message, error.code]).toEqual([message, 'invalid-payload']);
  });

  it.each([
    ['resolves', () => Promise.resolve(ok(1))],
    ['rejects', () => Promise.reject(new Error('no entry'))],
    ['never settles', () => new Promise(() => undefined)],
  ])(
    'refuses an asynchronous validator that %s, and its rejection harms nobody',
    async (_what, validator) => {
      const error = validatePayload(taskWith(validator), { a: 1 })._unsafeUnwrapErr();
      await Bun.sleep(0);

      expect(error.message).toBe(`${noResult} a promise: a validator is synchronous`);
    },
  );

  it.each([[[null]], [['text']], [[{}]], [[{ path: ['a', Symbol('b'), 0], message: 7 }]]])(
    'makes issues of %p, whatever they are',
    (given) => {
      const error = validatePayload(
        taskWith(() => err(Object.assign(new Error('x'), { issues: given }))),
        1,
      );

      expect(error._unsafeUnwrapErr().metadata).toEqual({
        issues: [{ path: expect.any(String), message: expect.any(String) }],
      });
    },
  );
});
