import { TaskError, type TaskErrorCode } from '../tasks/domain/TaskError';
import { type MailError, type MailErrorCode } from './MailError';

// Fatal: what the same mail would meet again at every attempt of the same process.
const taskErrorCodes = {
  'invalid-mail': 'fatal',
  unconfigured: 'fatal',
  'refused-permanently': 'fatal',
  unauthorized: 'task-failed',
  'refused-for-now': 'task-failed',
  unreachable: 'task-failed',
  aborted: 'task-failed',
} as const satisfies Record<MailErrorCode, TaskErrorCode>;

/** What a failed mail means for the task that sent it: another attempt, or a dead letter at once. */
export const toMailTaskError = (error: MailError): TaskError =>
  new TaskError(
    error.message,
    {
      mailErrorCode: error.code,
      ...(error.responseCode === undefined ? {} : { responseCode: error.responseCode }),
    },
    { code: taskErrorCodes[error.code], cause: error },
  );
