import { TaskError } from '../domain/TaskError';

/** What an attempt ends in whose worker stops: the task runs elsewhere. */
export const toStopping = (): TaskError => new TaskError('the worker is stopping', {}, { code: 'shutdown' });

/**
 * What an attempt ends in whose lock has lapsed and whose task was put back since: given back, which Redis refuses when
 * another worker has it by then, and accepts when it was delivered here again.
 */
export const toLostLock = (): TaskError =>
  new TaskError('the attempt lost its lock: its task was put back meanwhile', {}, { code: 'lost-lock' });

/** Whether a task is given back for this error. */
export const isGivenBack = ({ code }: TaskError): boolean => code === 'shutdown' || code === 'lost-lock';
