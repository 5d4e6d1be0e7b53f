import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { showValue } from '../domain/numberRule';
import { type HookContext } from './ResourceHooks';
import { type AnyTrigger, type TriggerEvent } from './TaskTrigger';
import { TriggerError, type TriggerErrorCode } from './TriggerError';

/** One write, as its triggers see it. */
export interface TriggerOccasion {
  readonly event: TriggerEvent;
  readonly resource: string;
  readonly data: unknown;
  readonly context: HookContext;
}

/** What a trigger does about a write. */
export type TriggerDecision =
  | { readonly kind: 'skip' }
  | { readonly kind: 'schedule'; readonly payload: unknown };

/** Decides whether a write triggers a task, and with what payload. Never throws, whatever `when` and `transform` do. */
export const decideTrigger = (
  trigger: AnyTrigger,
  occasion: TriggerOccasion,
): Result<TriggerDecision, TriggerError> =>
  isMet(trigger, occasion).andThen((met) =>
    met
      ? toPayload(trigger, occasion).map((payload): TriggerDecision => ({ kind: 'schedule', payload }))
      : ok<TriggerDecision>({ kind: 'skip' }),
  );

const isMet = (trigger: AnyTrigger, occasion: TriggerOccasion): Result<boolean, TriggerError> => {
  if (trigger.when === undefined) return ok(true);
  const fail = toFailure(trigger, occasion, 'condition-failed');
  try {
    const met = trigger.when(occasion.data, occasion.context);
    // A promise would always count as yes.
    if (isDroppedPromise(met)) return fail('expected when to answer true or false, got a promise');
    if (typeof met !== 'boolean') return fail(`expected when to answer true or false, got ${showValue(met)}`);
    return ok(met);
  } catch (thrown) {
    return fail(`when threw: ${describeUnknown(thrown)}`, thrown);
  }
};

const toPayload = (trigger: AnyTrigger, occasion: TriggerOccasion): Result<unknown, TriggerError> => {
  const { event, resource, data, context } = occasion;
  if (trigger.transform === undefined) {
    const { userId } = context;
    return ok({ event, resource, data, ...(userId === undefined ? {} : { userId }) });
  }
  const fail = toFailure(trigger, occasion, 'transform-failed');
  try {
    const payload = trigger.transform(data, context);
    if (isDroppedPromise(payload)) return fail('expected transform to answer a payload, got a promise');
    return ok(payload);
  } catch (thrown) {
    return fail(`transform threw: ${describeUnknown(thrown)}`, thrown);
  }
};

/** Whether an answer is a promise, of whatever make. Nobody waits for it, so its rejection would end the process: it is caught. */
const isDroppedPromise = (answer: unknown): boolean => {
  if ((typeof answer !== 'object' && typeof answer !== 'function') || answer === null) return false;
  if (!('then' in answer) || typeof answer.then !== 'function') return false;
  Promise.resolve(answer).catch(() => undefined);
  return true;
};

const toFailure =
  ({ task }: AnyTrigger, { event, resource }: TriggerOccasion, code: TriggerErrorCode) =>
  (reason: string, cause?: unknown) =>
    err(new TriggerError(reason, { code, event, resource, taskName: task.queueName, cause }));
