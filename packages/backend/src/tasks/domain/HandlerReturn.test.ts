import { describe, expect, it } from 'bun:test';
import { err, errAsync, ok, okAsync } from 'neverthrow';
import { callHandler } from './HandlerReturn';
import { TaskError } from './TaskError';

const refuse = (): never => {
  throw new Error('no entry');
};

const failureOf = async (handler: () => unknown) => {
  const { message, code } = (await callHandler(handler))._unsafeUnwrapErr();
  return { message, code };
};

describe('callHandler', () => {
  it.each([
    ['ok', () => ok(7)],
    ['a promise of ok', async () => ok(7)],
    ['a ResultAsync', () => okAsync(7)],
    ['a Result of another copy of neverthrow', () => ({ isOk: () => true, isErr: () => false, value: 7 })],
  ])('takes %s', async (_what, handler) => {
    expect((await callHandler(handler))._unsafeUnwrap()).toBe(7);
  });

  const failure = TaskError.fatal('no such user');

  it.each([
    ['returns it', () => err(failure)],
    ['returns a promise of it', async () => err(failure)],
    ['returns a ResultAsync of it', () => errAsync(failure)],
    [
      'throws it',
      () => {
        throw failure;
      },
    ],
    ['rejects with it', () => Promise.reject(failure)],
  ])('keeps a TaskError when the handler %s', async (_what, handler) => {
    expect((await callHandler(handler))._unsafeUnwrapErr()).toBe(failure);
  });

  it.each([
    ['returns an Error', () => err(new Error('boom')), 'boom'],
    ['returns a text as error', () => err('boom'), 'the handler failed with boom'],
    ['returns err of nothing', () => err(undefined), 'the handler failed with undefined'],
    ['throws', refuse, 'no entry'],
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
      'throws a frozen error',
      () => {
        throw Object.freeze(new Error('frozen'));
      },
      'frozen',
    ],
    ['rejects with nothing', () => Promise.reject(), 'the handler failed with undefined'],
    ['returns a thenable that throws', () => Object.defineProperty({}, 'then', { get: refuse }), 'no entry'],
    ['returns a hostile Proxy', () => new Proxy({}, { has: refuse }), 'no entry'],
    ['returns a result that cannot be read', () => ({ isOk: refuse, isErr: refuse }), 'no entry'],
  ])('makes a failed attempt of it when the handler %s', async (_what, handler, message) => {
    expect(await failureOf(handler)).toEqual({ message, code: 'task-failed' });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an object', { success: true }],
    ['"done"', 'done'],
    ['5n', 5n],
  ])('calls it invalid output when the handler returns %s instead of a Result', async (shown, value) => {
    expect(await failureOf(() => value)).toEqual({
      message: `expected the handler to return ok(...) or err(...), got ${shown}`,
      code: 'invalid-output',
    });
  });

  it.each([0, 1, 315_360_000_000])('takes a snooze of %i ms', async (delayMs) => {
    const snoozed = await callHandler(() => err(TaskError.retryLater(delayMs)));

    expect(snoozed._unsafeUnwrapErr()).toMatchObject({ code: 'retry-later', snoozeMs: delayMs });
  });

  it.each([
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    315_360_000_001,
    '5000' as unknown as number,
    undefined as unknown as number,
  ])('makes a failed attempt of a snooze of %p ms, returned or thrown', async (delayMs) => {
    const returned = await failureOf(() => err(TaskError.retryLater(delayMs)));
    const thrown = await failureOf(() => {
      throw TaskError.retryLater(delayMs);
    });

    expect(returned.code).toBe('task-failed');
    expect(returned.message).toStartWith(
      'expected delayMs of TaskError.retryLater to be an integer from 0 to 315360000000, got ',
    );
    expect(thrown).toEqual(returned);
  });

  it.each([
    ['that the worker stops, so that it cannot run for ever', 'shutdown'],
    ['that its task is elsewhere, for the same reason', 'lost-lock'],
    ['that it was cancelled, so that no work is lost', 'cancelled'],
  ] as const)('makes a failed attempt of a handler that claims %s', async (_what, code) => {
    const claimed = new TaskError('stop', { a: 1 }, { code });
    const error = (await callHandler(() => err(claimed)))._unsafeUnwrapErr();

    expect(error).toMatchObject({ message: 'stop', code: 'task-failed', metadata: { a: 1 }, cause: claimed });
  });
});
