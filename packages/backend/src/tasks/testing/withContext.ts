import { type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';

/**
 * The same task, whose handler gets the given parts in place of the worker's. Its signal is aborted when the given one is,
 * and when the attempt's is.
 */
export const withContext = (
  task: TaskDefinition<unknown>,
  given: Partial<TaskContext>,
): TaskDefinition<unknown> => ({
  ...task,
  handler: (payload, context = {}) => task.handler(payload, mergeContext(context, given)),
});

/** The parts of the attempt are asked for when they are used: reading a signal creates one. */
const mergeContext = (context: Partial<TaskContext>, given: Partial<TaskContext>): Partial<TaskContext> => {
  const { signal, logger: _logger, ...parts } = given; // lines go to the given logger already
  const merged = Object.create(null, {
    ...Object.getOwnPropertyDescriptors(context),
    ...Object.getOwnPropertyDescriptors(parts),
  });
  if (signal === undefined) return merged;
  return Object.defineProperty(merged, 'signal', {
    get: () => (context.signal === undefined ? signal : AbortSignal.any([signal, context.signal])),
    enumerable: true,
  });
};
