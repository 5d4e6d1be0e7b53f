import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { TASK_ERROR_CODES, TaskError } from './TaskError';
import { toTaskError } from './toTaskError';

const refuse = (): never => {
  throw new Error('no entry');
};

class NamelessError extends Error {
  override readonly name = 'NamelessError';
}

describe('toTaskError', () => {
  it.each([
    ['a failure', new TaskError('x', { a: 1 })],
    ['a fatal one', TaskError.fatal('x')],
    ['a snooze', TaskError.retryLater(5)],
    ['a frozen one', Object.freeze(new TaskError('x'))],
    ['one without a stack', Object.assign(TaskError.fatal('x'), { stack: undefined })],
  ])('leaves %s as it is', (_what, error) => {
    expect(toTaskError(error)).toBe(error);
  });

  it('keeps message, stack and the error itself as cause', () => {
    const thrown = new RangeError('too far');
    const error = toTaskError(thrown);

    expect(error).toMatchObject({ message: 'too far', code: 'task-failed', cause: thrown, metadata: {} });
    expect(error.stack).toBe(thrown.stack ?? '');
  });

  it.each([
    ['undefined', undefined, 'the handler failed with undefined'],
    ['null', null, 'the handler failed with null'],
    ['a string', 'boom', 'the handler failed with boom'],
    ['an empty string', '', 'the handler failed with '],
    ['a number', Number.NaN, 'the handler failed with null'],
    ['an object', { code: 7 }, 'the handler failed with {"code":7}'],
    ['a symbol', Symbol('s'), 'the handler failed with Symbol(s)'],
    ['a bigint', 1n, 'the handler failed with a value of type bigint that cannot be shown'],
    [
      'a hostile object',
      { toJSON: refuse },
      'the handler failed with a value of type object that cannot be shown',
    ],
    [
      'a hostile Proxy',
      new Proxy({}, { getPrototypeOf: refuse, get: refuse, ownKeys: refuse }),
      'the handler failed with a value of type object that cannot be shown',
    ],
    ['an error without a message', new NamelessError(), 'NamelessError'],
    ['a frozen error', Object.freeze(new Error('frozen')), 'frozen'],
    [
      'an error with a hostile message',
      Object.defineProperty(new Error(), 'message', { get: refuse }),
      'Error',
    ],
    ['an error with a hostile stack', Object.defineProperty(new Error('x'), 'stack', { get: refuse }), 'x'],
    ['an error whose message is no string', Object.assign(new Error(), { message: 7 }), '7'],
  ])('makes a failed attempt of %s', (_what, thrown, message) => {
    const error = toTaskError(thrown);

    expect(error).toBeInstanceOf(TaskError);
    expect([error.message, error.code]).toEqual([message, 'task-failed']);
  });

  it.each([
    ['an unknown code', { code: 'smtp-down' }],
    ['no metadata', { metadata: null }],
    ['a message that is no string', { message: 5 }],
    ['a stack that is no string', { stack: 5 }],
  ])('makes a failed attempt of a TaskError with %s', (_what, spoilt) => {
    const error = toTaskError(Object.assign(new TaskError('x'), spoilt));

    expect([error.code, error.metadata, typeof error.message]).toEqual(['task-failed', {}, 'string']);
  });

  it('makes something sound of anything', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (thrown) => {
        const { message, code, metadata } = toTaskError(thrown);
        expect(typeof message).toBe('string');
        expect(TASK_ERROR_CODES).toContain(code);
        expect(metadata).toEqual({});
      }),
    );
  });
});
