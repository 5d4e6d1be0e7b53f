import { type AppConfig } from '@backend/config/AppConfig';
import { type CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { type Deduplication, decideDeduplication } from '../domain/Deduplication';
import { ScheduleError } from '../domain/ScheduleError';
import { type ScheduleOptions, scheduleOptionProblems } from '../domain/ScheduleOptions';
import { type Ancestors } from '../domain/TaskChildren';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { validatePayload } from '../domain/validatePayload';
import { checkDefinition } from './DefinitionCheck';
import { checkPayload } from './PayloadCheck';

/** A call as its caller made it, at a moment. */
export interface ScheduleCall {
  readonly correlationId: CorrelationId;
  readonly task: TaskDefinition<unknown>;
  readonly payload: unknown;
  readonly options: ScheduleOptions;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The task that makes the call. */
  readonly parentId?: TaskId;
  /** Who waits for the task, the outermost first; absent when nobody does. */
  readonly ancestors?: Ancestors;
}

/** A call that may be carried out. */
export interface AcceptedCall extends ScheduleCall {
  readonly deduplication: Deduplication | undefined;
}

/** How large a call may be. */
export type CallLimits = Pick<AppConfig, 'taskMaxPayloadBytes'>;

/** Checks a call before anything is written. What comes back has the payload as it is to be stored. */
export const acceptCall = (call: ScheduleCall, limits: CallLimits): Result<AcceptedCall, ScheduleError> =>
  checkCall(call, limits).andThen((payload) => {
    const stored = { ...call, payload };
    return checkDeduplication(stored).map((deduplication) => ({ ...stored, deduplication }));
  });

/** Checks a call; what comes back is the payload as it is to be stored. */
const checkCall = (
  { correlationId, task, payload, options, nowMs }: ScheduleCall,
  { taskMaxPayloadBytes }: CallLimits,
): Result<unknown, ScheduleError> => {
  const definition = checkDefinition(task);
  if (definition.isErr()) return err(definition.error);
  const id = parseCorrelationId(correlationId);
  if (id.isErr()) return err(toInvalidCorrelationId(id.error));
  const problems = scheduleOptionProblems(options, nowMs);
  if (problems.length > 0) {
    const message = `the options for ${task.queueName} are refused: ${problems.join('; ')}`;
    return err(new ScheduleError(message, { code: 'invalid-options' }));
  }
  return checkPayload(task, payload, taskMaxPayloadBytes);
};

/** Asks the definition for its key, with the payload as the handler will get it. */
const checkDeduplication = ({
  task,
  payload,
  options,
}: ScheduleCall): Result<Deduplication | undefined, ScheduleError> => {
  const { idempotencyKey, uniqueTag, debounce } = task.options;
  const asks = idempotencyKey ?? uniqueTag ?? debounce;
  const given = asks === undefined ? payload : validatePayload(task, payload).unwrapOr(payload);
  return decideDeduplication(task.options, options, given)
    .andThen((decided) =>
      decided?.kind === 'debounce' && (options.delayMs ?? options.at) !== undefined
        ? err('expected neither delayMs nor at for a task with debounce, which decides when it runs')
        : ok(decided),
    )
    .mapErr((problem) => {
      const message = `the options for ${task.queueName} are refused: ${problem}`;
      return new ScheduleError(message, { code: 'invalid-options' });
    });
};

/** The error for a text that is no correlation ID. */
export const toInvalidCorrelationId = (cause: Error): ScheduleError =>
  new ScheduleError(cause.message, { code: 'invalid-correlation-id', cause });
