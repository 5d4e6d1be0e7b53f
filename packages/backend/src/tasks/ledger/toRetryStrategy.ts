import { type TaskOverrides } from '../domain/TaskEnvelope';
import { type TaskOptions } from '../domain/TaskOptions';

/** What the definition and the call say of retries; nothing when neither says anything. */
export const toRetryStrategy = (
  task: Pick<TaskOptions, 'retry' | 'backoffMs'>,
  call: Pick<TaskOverrides, 'retry' | 'backoffMs'>,
): Readonly<Record<string, unknown>> | undefined => {
  const { retryOn: _retryOn, ...defined } = { retryOn: undefined, ...task.retry };
  const backoffMs = call.backoffMs ?? task.backoffMs;
  const strategy = { ...defined, ...call.retry, ...(backoffMs === undefined ? {} : { backoffMs }) };
  return Object.keys(strategy).length === 0 ? undefined : strategy;
};
