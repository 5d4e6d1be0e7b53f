import { describe, expect, it } from 'bun:test';
import { type TaskErrorCode } from '../tasks/domain/TaskError';
import { MailError, type MailErrorCode } from './MailError';
import { toMailTaskError } from './MailTaskError';

const cases: [code: MailErrorCode, taskErrorCode: TaskErrorCode][] = [
  ['invalid-mail', 'fatal'],
  ['unconfigured', 'fatal'],
  ['refused-permanently', 'fatal'],
  ['unauthorized', 'task-failed'],
  ['refused-for-now', 'task-failed'],
  ['unreachable', 'task-failed'],
  ['aborted', 'task-failed'],
];

describe('toMailTaskError', () => {
  it.each(cases)('turns %s into %s', (code, taskErrorCode) => {
    expect(toMailTaskError(new MailError('no', { code })).code).toBe(taskErrorCode);
  });

  it('keeps what the server said', () => {
    const mailError = new MailError('the server said no', { code: 'refused-for-now', responseCode: 451 });
    const { message, metadata, cause } = toMailTaskError(mailError);
    expect({ message, metadata, cause }).toEqual({
      message: 'the server said no',
      metadata: { mailErrorCode: 'refused-for-now', responseCode: 451 },
      cause: mailError,
    });
  });
});
