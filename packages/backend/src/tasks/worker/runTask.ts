import { runWithLogContext } from '@backend/logger/LogContext';
import { err, ok, type Result } from 'neverthrow';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { bareEnvelope, isEnvelope, parseEnvelope, type TaskEnvelope } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { decideOutcome } from '../domain/TaskOutcome';
import { validateOutput } from '../domain/validateOutput';
import { validatePayload } from '../domain/validatePayload';
import { type Delivery } from '../queue/Delivery';
import { type Attempt, type AttemptEnd, type AttemptEnvironment, toLogBindings } from './Attempt';
import { planAttempt } from './AttemptPlan';
import { callTask, isolationOf } from './callTask';
import { checkCancelled, checkStartable } from './checkStartable';
import { toLostLock } from './GivenBack';

const decodeEnvelope = (data: unknown, origin: string): Result<TaskEnvelope, TaskError> => {
  if (!isEnvelope(data)) return ok(bareEnvelope(data, origin));
  return parseEnvelope(data).mapErr(
    (error) =>
      new TaskError(
        `the stored task cannot be read: ${error.message}`,
        {},
        { code: 'invalid-payload', cause: error },
      ),
  );
};

const runAttempt = async (attempt: Attempt): Promise<AttemptEnd> => {
  const payload = validatePayload(attempt.task, attempt.envelope.payload);
  if (payload.isErr()) return endAttempt(attempt, payload);
  const held = attempt.delivery.checkHeld();
  if (held !== undefined && !(await held)) return endAttempt(attempt, err(toLostLock()));
  const startable = checkCancelled(attempt);
  if (startable.isErr()) return endUnrun(attempt, startable.error);
  const { result, unendedChildren } = await callTask(attempt, payload.value);
  const { task, environment } = attempt;
  // That of an isolated handler was checked in its process, where it was not JSON yet.
  const checked =
    isolationOf(attempt) === undefined
      ? result.andThen((value) => validateOutput(task, value, environment.maxResultBytes))
      : result;
  // Work that is done is done; what would be done again is not, once the task is cancelled.
  const ended = checked.orElse((error) => checkCancelled(attempt).andThen(() => err(error)));
  return { ...endAttempt(attempt, ended), hasBegun: true, unendedChildren };
};

/** A task that is ended without a run: the attempt that ended is the one before, if there was one. */
const endUnrun = (attempt: Attempt, error: TaskError): AttemptEnd =>
  endAttempt({ ...attempt, plan: { ...attempt.plan, attempt: attempt.plan.attempt - 1 } }, err(error));

const endAttempt = (attempt: Attempt, result: Result<unknown, TaskError>): AttemptEnd => {
  const { plan, envelope, startedAt, environment } = attempt;
  const outcome = decideOutcome(result, plan, environment.random);
  return {
    outcome,
    attempt: plan.attempt,
    maxAttempts: plan.maxAttempts,
    envelope,
    startedAt,
    hasBegun: false,
    unendedChildren: [],
  };
};

/**
 * Runs one attempt of a task: decode envelope, ask the ledger whether it has ended and how often it was tried, look whether it was cancelled, count
 * crashes, look at its expiry, validate payload, handler under timeout and signal, validate output, decide the outcome,
 * write it to the ledger. Every log line inside carries the correlation ID. Never rejects, whatever handler, validator or data
 * do; the outcome is for `settle` to tell the queue.
 */
export const runTask = (
  task: TaskDefinition<unknown>,
  delivery: Delivery,
  environment: AttemptEnvironment,
): Promise<AttemptEnd> => {
  const origin = `${task.queueName}:${delivery.taskId}`;
  const decoded = decodeEnvelope(delivery.data, origin);
  const envelope = decoded.isOk() ? decoded.value : bareEnvelope(delivery.data, origin);
  const { attemptsMade, crashCount } = delivery;
  const { defaults } = environment;
  const plan = planAttempt({ task, overrides: envelope.overrides ?? {}, defaults, attemptsMade, crashCount });
  const attempt: Attempt = { delivery, task, envelope, plan, startedAt: environment.now(), environment };
  const run = (begun: Attempt): Promise<AttemptEnd> =>
    decoded.isErr() ? Promise.resolve(endAttempt(begun, err(decoded.error))) : runStartable(begun);
  return environment.ledger?.record(attempt, run) ?? run(attempt);
};

const runStartable = (attempt: Attempt): Promise<AttemptEnd> => {
  const startable = checkStartable(attempt);
  if (startable.isErr()) return Promise.resolve(endUnrun(attempt, startable.error));
  return runWithLogContext(toLogBindings(attempt), () => {
    const { crashCount } = attempt.plan;
    if (crashCount > 0)
      attempt.environment.logger.info('Task runs again: its worker died or lost the lock', { crashCount });
    return runAttempt(attempt);
  });
};
