import { TaskError } from '../domain/TaskError';

/** What an attempt ends in whose worker stops: the task runs elsewhere. */
export const toStopping = (): TaskError => new TaskError('the worker is stopping', {}, { code: 'shutdown' });

/** What an attempt ends in whose task is another worker's: given back, which Redis refuses. */
export const toTaken = (): TaskError =>
  new TaskError('another worker has taken the task', {}, { code: 'shutdown' });
