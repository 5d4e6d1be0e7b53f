import { DeadlineError } from '@backend/deadline/settleWithin';
import { PublishError } from './publish';
import { TasksDisabledError } from './TasksDisabledError';

/** No connection to Redis was there in time; the message says why. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** What the Redis client says of a connection that broke, or was never there; it gives these errors no class of their own. */
const BROKEN_CONNECTION =
  /^(Connection is closed|Stream isn't writeable|Socket timeout|Command timed out|connect |Cluster is|Cluster isn't|Node is disconnected|None of startup nodes|Too many Cluster redirections)/;

/** What the client says of a command that it was given while it had no connection. */
const NO_CONNECTION = "Stream isn't writeable";

const CLIENT_ERRORS: readonly string[] = ['MaxRetriesPerRequestError', 'ClusterAllFailedError', 'AbortError'];

/** Whether Redis said nothing: then it will say nothing to the next call either. */
export const isSilence = (error: Error): boolean =>
  error instanceof DeadlineError ||
  error instanceof UnreachableError ||
  CLIENT_ERRORS.includes(error.name) ||
  BROKEN_CONNECTION.test(error.message) ||
  // An error of the operating system, such as ECONNRESET.
  ('syscall' in error && typeof error.syscall === 'string');

/**
 * Says in words why a call on the queues came to nothing: that tasks are switched off, `Redis refused: ...` when the server said no, `Redis does not
 * answer: ...` when it said nothing, and `the call failed: ...` for everything that is not its fault.
 *
 * @param error What `QueueAccess.run` or `publish` answered.
 */
export const describeAccessFailure = (error: Error): string => {
  if (error instanceof PublishError || error instanceof TasksDisabledError) return error.message;
  if (error.name === 'ReplyError') return `Redis refused: ${error.message}`;
  if (error.message.startsWith(NO_CONNECTION)) return 'Redis does not answer: it is not reachable';
  return isSilence(error) ? `Redis does not answer: ${error.message}` : `the call failed: ${error.message}`;
};

/** The code of the error that a caller gets: whether Redis failed, or was not to be asked. */
export const accessFailureCode = (error: Error): 'queue-unavailable' | 'tasks-disabled' =>
  error instanceof TasksDisabledError || error.cause instanceof TasksDisabledError
    ? 'tasks-disabled'
    : 'queue-unavailable';
