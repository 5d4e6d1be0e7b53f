import { describe, expect, it } from 'bun:test';
import { CancelError } from '../domain/CancelError';
import { ChildError } from '../domain/ChildError';
import { ScheduleError } from '../domain/ScheduleError';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { TaskResultError } from '../domain/TaskResultError';
import { toTaskError } from '../domain/toTaskError';
import { fromErrorCopy, toErrorCopy } from './ErrorCopy';

/** There and back, as JSON. */
const travel = (thrown: unknown): unknown => fromErrorCopy(JSON.parse(JSON.stringify(toErrorCopy(thrown))));

class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(readonly status: number) {
    super(`answered ${status}`);
  }
}

const hostile = Object.defineProperties(new Error('bad'), {
  message: {
    get: () => {
      throw new Error('not yours');
    },
  },
  field: {
    enumerable: true,
    get: () => {
      throw new Error('nor this');
    },
  },
});

describe('a copied error', () => {
  it('keeps name, message, stack, code, fields and causes', () => {
    const error = Object.assign(new HttpError(404), {
      code: 'ENOENT',
      tags: new Map(),
      cause: new TypeError('deep', { cause: 'a text' }),
    });
    const copy = travel(error);
    expect(copy).toBeInstanceOf(Error);
    expect(copy).toMatchObject({
      ...{ name: 'HttpError', message: 'answered 404', stack: error.stack, status: 404, code: 'ENOENT' },
      tags: '[object Map]',
      cause: { name: 'TypeError', message: 'deep', cause: 'a text' },
    });
    expect(Object.keys(Object(copy))).not.toContain('name');
  });

  it('is a TaskError again when it was one', () => {
    const original = new HttpError(500);
    const error = toTaskError(original);
    const copy = travel(error);
    expect(copy).toBeInstanceOf(TaskError);
    expect(copy).toMatchObject({
      ...{ code: 'task-failed', message: 'answered 500', stack: error.stack, metadata: {} },
      original: { name: 'HttpError', status: 500 },
    });
    expect((copy as TaskError).original).toBe((copy as TaskError).cause as Error);
    expect(travel(new TaskError('no', { a: 1 }, { isWorthRetrying: false }))).toMatchObject({
      ...{ metadata: { a: 1 }, isWorthRetrying: false, original: undefined },
    });
    expect(travel(TaskError.retryLater(5))).toMatchObject({ code: 'retry-later', snoozeMs: 5 });
  });

  const failure = { message: 'no', code: 'fatal', reason: 'fatal', attempt: 1 } as const;
  const issues = [{ path: 'to', message: 'expected a text' }];
  const own: Error[] = [
    new ScheduleError('refused', { code: 'invalid-payload', issues, metadata: { a: 1 } }),
    new ChildError('it failed', { code: 'failed', taskName: 'a:b', taskId: TaskId(), failure }),
    new TaskResultError('it failed', { code: 'failed', failure, cause: new TypeError('deep') }),
    new CancelError('too late', { code: 'not-cancellable', metadata: { status: 'failed' } }),
  ];

  it.each(own.map((error) => [error.name, error] as const))(
    'is a %s again when it was one',
    (_name, error) => {
      const copy = travel(error) as Error;
      expect(copy).toBeInstanceOf(error.constructor);
      expect({ ...copy, message: copy.message, stack: copy.stack }).toEqual({
        ...{ ...error, message: error.message, stack: error.stack },
      });
      expect(Object(copy.cause)).toMatchObject(
        error.cause instanceof Error ? { message: error.cause.message } : {},
      );
    },
  );

  it('is the value itself when no error was thrown', () => {
    expect(['text', 7, null, { a: 1 }].map(travel)).toEqual(['text', 7, null, { a: 1 }]);
    expect(travel(undefined)).toBeUndefined();
    expect(travel(1n)).toBe('1');
  });

  it('never throws, whatever the error does when it is read, and however deep its causes are', () => {
    expect(travel(hostile)).toMatchObject({ message: '', field: 'unreadable: nor this' });
    const cyclic = new Error('round');
    cyclic.cause = cyclic;
    expect(travel(cyclic)).toMatchObject({ message: 'round', cause: { cause: { message: 'round' } } });
    const { proxy, revoke } = Proxy.revocable(new Error('gone'), {});
    revoke();
    expect(() => travel(proxy)).not.toThrow();
  });

  it('brings no prototype along', () => {
    const error = new Error('bad');
    Object.defineProperty(error, '__proto__', { value: { isAdmin: true }, enumerable: true });
    expect(Object(travel(error))['isAdmin']).toBeUndefined();
    expect(travel(error)).toBeInstanceOf(Error);
  });
});
