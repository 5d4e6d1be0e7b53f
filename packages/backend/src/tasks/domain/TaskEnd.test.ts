import { describe, expect, it } from 'bun:test';
import { type TaskEnd, toTaskResult } from './TaskEnd';
import { TaskId } from './TaskId';

const id = TaskId();
const again = TaskId();
const task = { id, taskName: 'mails:send' };
const failure = { message: 'SMTP is down', code: 'task-failed', reason: 'exhausted', attempt: 3 } as const;
const late = { message: 'too late', code: 'expired', reason: 'expired', attempt: 0 } as const;

interface Told {
  readonly code: string;
  readonly message: string;
  readonly failure?: object;
  readonly metadata?: object;
}

describe('toTaskResult', () => {
  it('gives the value of a completed task', () => {
    expect(toTaskResult(task, { kind: 'completed', value: { n: 1 } })._unsafeUnwrap()).toEqual({ n: 1 });
  });

  const ends: [end: TaskEnd, told: Told][] = [
    [
      { kind: 'failed', error: failure },
      { code: 'failed', message: `the task ${id} of mails:send failed (exhausted): SMTP is down`, failure },
    ],
    [
      { kind: 'failed', error: failure, retriedAs: again },
      {
        code: 'failed',
        message: `the task ${id} of mails:send failed (exhausted): SMTP is down; the task ${again} does it again`,
        failure,
        metadata: { retriedAs: again },
      },
    ],
    [
      { kind: 'failed', error: late },
      { code: 'expired', message: `the task ${id} of mails:send expired: too late`, failure: late },
    ],
    [
      { kind: 'cancelled', reason: 'withdrawn', retriedAs: again },
      {
        code: 'cancelled',
        message: `the task ${id} of mails:send was cancelled: withdrawn; the task ${again} does it again`,
        metadata: { reason: 'withdrawn', retriedAs: again },
      },
    ],
    [
      { kind: 'cancelled' },
      { code: 'cancelled', message: `the task ${id} of mails:send was cancelled`, metadata: {} },
    ],
    [
      { kind: 'removed' },
      {
        code: 'removed',
        message: `there is no task ${id} of mails:send: it never existed, the transaction that scheduled it is not committed, or its retention is over`,
      },
    ],
  ];

  it.each(ends)('says of %j why there is no value', (end, told) => {
    const error = toTaskResult(task, end)._unsafeUnwrapErr();

    expect({
      code: error.code,
      message: error.message,
      failure: error.failure,
      metadata: error.metadata,
    }).toEqual({ failure: undefined, metadata: {}, ...told } as never);
  });
});
