import { describe, expect, it } from 'bun:test';
import { TaskError } from './TaskError';

const fieldsOf = ({ name, message, code, metadata, snoozeMs, cause }: TaskError) => ({
  name,
  message,
  code,
  metadata,
  snoozeMs,
  cause,
});

describe('TaskError', () => {
  it('is a failed attempt with a message and facts', () => {
    expect(fieldsOf(new TaskError('SMTP refused', { host: 'h' }))).toEqual({
      name: 'TaskError',
      message: 'SMTP refused',
      code: 'task-failed',
      metadata: { host: 'h' },
      snoozeMs: undefined,
      cause: undefined,
    });
  });

  it('keeps its cause, and has none unless one is given', () => {
    const cause = new Error('ECONNREFUSED');

    expect(new TaskError('SMTP refused', {}, { cause }).cause).toBe(cause);
    expect('cause' in new TaskError('SMTP refused')).toBe(false);
  });
});

describe('TaskError.fatal', () => {
  it('says that another attempt cannot help', () => {
    expect(fieldsOf(TaskError.fatal('no such user', { id: 1 }))).toMatchObject({
      message: 'no such user',
      code: 'fatal',
      metadata: { id: 1 },
    });
    expect(TaskError.fatal('no such user').metadata).toEqual({});
  });
});

describe('TaskError.retryLater', () => {
  it('says when, and why', () => {
    expect(fieldsOf(TaskError.retryLater(5000, 'quota used up'))).toMatchObject({
      message: 'quota used up',
      code: 'retry-later',
      snoozeMs: 5000,
    });
    expect(TaskError.retryLater(5000).message).toBe('the task asked to run later');
  });
});
