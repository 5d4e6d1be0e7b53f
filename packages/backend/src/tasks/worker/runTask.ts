import { runWithLogContext } from '@backend/logger/LogContext';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { toCancelledError } from '../domain/CancelRequest';
import { callWithSteps } from '../domain/callWithSteps';
import { type ResolveResource } from '../domain/ResourceToken';
import { type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { bareEnvelope, isEnvelope, parseEnvelope, type TaskEnvelope } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { decideOutcome, type TaskOutcome } from '../domain/TaskOutcome';
import { toLogLine, toProgressJson } from '../domain/TaskReport';
import { type StepOwner, toStepKey } from '../domain/TaskStep';
import { createTaskSteps, type TaskSteps } from '../domain/TaskSteps';
import { validateOutput } from '../domain/validateOutput';
import { validatePayload } from '../domain/validatePayload';
import { type Isolation } from '../isolation/Isolation';
import { type IsolatedRun } from '../isolation/runIsolated';
import { type StoredChild } from '../queue/ChildStore';
import { type Delivery } from '../queue/Delivery';
import { type AttemptFamily, createAttemptFamily } from './AttemptFamily';
import { type AttemptPlan, planAttempt, type TaskDefaults } from './AttemptPlan';
import { toTaken } from './GivenBack';
import { type HandlerClock } from './HandlerClock';
import { runHandler } from './HandlerRun';
import { type TaskFamily } from './TaskFamily';

/** What a worker gives every attempt. */
export interface AttemptEnvironment {
  readonly workerId: string;
  readonly logger: ILogger;
  readonly defaults: TaskDefaults;
  /** Milliseconds a handler may take to end after its signal was aborted. */
  readonly graceMs: number;
  /** Crashes after which a task is failed as `crash-loop`. */
  readonly maxCrashes: number;
  readonly maxResultBytes: number;
  /** Aborted when the worker no longer waits for its tasks. */
  readonly shutdown: AbortSignal;
  /** What time limits go by. Default: real time. */
  readonly clock?: HandlerClock | undefined;
  /** Schedules for handlers, and waits for children. Default: nothing does, as in a direct call. */
  readonly family?: TaskFamily | undefined;
  /** Finds shared resources for handlers. */
  readonly resolve: ResolveResource;
  /** Runs the attempts of isolated tasks. Without it they run in this process, like all others. */
  readonly isolation?: Isolation | undefined;
  now(): Date;
  /** From 0 to 1. */
  random(): number;
}

/** One attempt that has ended. */
export interface AttemptEnd {
  readonly outcome: TaskOutcome;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly envelope: TaskEnvelope;
  readonly startedAt: Date;
  /** Whether the handler began. */
  readonly hasBegun: boolean;
  /** Children that the attempt had and did not wait for to their end. */
  readonly unendedChildren: readonly StoredChild[];
}

interface Attempt {
  readonly delivery: Delivery;
  readonly task: TaskDefinition<unknown>;
  readonly envelope: TaskEnvelope;
  readonly plan: AttemptPlan;
  readonly startedAt: Date;
  readonly environment: AttemptEnvironment;
}

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

/** A task that was asked to stop does not begin: its worker died, or gave it back at the same moment. */
const checkCancelled = ({ delivery }: Attempt): Result<void, TaskError> => {
  const { request } = delivery.cancellation;
  return request === undefined ? ok() : err(toCancelledError(request));
};

const checkCrashes = ({ delivery, plan, environment }: Attempt): Result<void, TaskError> => {
  if (delivery.crashCount >= environment.maxCrashes) {
    const message = `the worker died ${delivery.crashCount} times while it ran this task`;
    return err(new TaskError(message, {}, { code: 'crash-loop' }));
  }
  // Without a crash somebody has asked for one more attempt by hand, with BullMQ's own retry.
  if (plan.attempt <= plan.maxAttempts || delivery.crashCount === 0) return ok();
  const message = `the worker died during attempt ${plan.attempt - 1} of ${plan.maxAttempts}`;
  return err(new TaskError(message, {}, { code: 'crashed' }));
};

/** Only before the first attempt: a task that has been tried goes on to its end. */
const checkExpiry = ({ delivery, envelope, startedAt }: Attempt): Result<void, TaskError> => {
  const { expiresAtMs } = envelope;
  if (expiresAtMs === undefined || startedAt.getTime() <= expiresAtMs) return ok();
  if (delivery.attemptsMade + delivery.crashCount > 0) return ok();
  const message = `the task was to start before ${new Date(expiresAtMs).toISOString()}`;
  return err(new TaskError(message, {}, { code: 'expired' }));
};

const toContext = (
  { delivery, task, envelope, plan, startedAt, environment }: Attempt,
  { getSignal, getSteps, family }: HandlerParts,
): TaskContext => {
  const { correlationId, parentId, scheduleId, userId, metadata = {} } = envelope;
  const logger = environment.logger.child(logBindings(delivery, task, envelope, plan));
  return {
    taskId: delivery.taskId,
    taskName: task.queueName,
    correlationId,
    ...(parentId === undefined ? {} : { parentId }),
    ...(scheduleId === undefined ? {} : { scheduleId }),
    ...(userId === undefined ? {} : { userId }),
    metadata,
    attempt: plan.attempt,
    maxAttempts: plan.maxAttempts,
    scheduledAt: delivery.scheduledAt,
    startedAt,
    workerId: environment.workerId,
    logger,
    get signal() {
      return getSignal();
    },
    resolve: environment.resolve,
    progress: async (value) => delivery.report.progress(toProgressJson(value)),
    log: async (message) => {
      delivery.report.log(toLogLine(message));
      logger.info(message);
    },
    schedule: family.schedule,
    get children() {
      return family.children();
    },
    step: (name, work) => getSteps().step(name, work),
  };
};

/** What a handler's context makes when the handler asks for it. */
interface HandlerParts {
  getSignal(): AbortSignal;
  getSteps(): TaskSteps;
  readonly family: AttemptFamily;
}

const logBindings = (
  delivery: Delivery,
  task: TaskDefinition<unknown>,
  envelope: TaskEnvelope,
  { attempt }: AttemptPlan,
) => ({
  correlationId: envelope.correlationId,
  taskId: delivery.taskId,
  taskName: task.queueName,
  attempt,
});

/** Nothing for a handler that runs here. */
const isolationOf = ({ task, environment }: Attempt): Isolation | undefined =>
  task.options.isolate === undefined ? undefined : environment.isolation;

interface HandlerEnd {
  readonly result: Result<unknown, TaskError>;
  readonly unendedChildren: readonly StoredChild[];
}

const runUserHandler = async (attempt: Attempt, payload: unknown): Promise<HandlerEnd> => {
  const { task, delivery, plan, environment } = attempt;
  const { logger } = environment;
  const isolation = isolationOf(attempt);
  if (isolation !== undefined) return runIsolatedHandler(attempt, isolation);
  let family: AttemptFamily | undefined;
  const result = await runHandler({
    call: (controls) => {
      const { getSignal } = controls;
      const own = createAttemptFamily(attempt, controls);
      family = own;
      return callWithSteps({
        call: (getSteps) => task.handler(payload, toContext(attempt, { getSignal, getSteps, family: own })),
        create: () => toSteps(attempt, getSignal),
      });
    },
    timeoutMs: plan.timeoutMs,
    graceMs: environment.graceMs,
    shutdown: environment.shutdown,
    cancellation: delivery.cancellation,
    clock: environment.clock,
    onAbandoned: ({ code }, ended) => {
      const { correlationId } = attempt.envelope;
      const facts = { taskName: task.queueName, taskId: delivery.taskId, correlationId, reason: code };
      logger.warn('A handler ignores its abort signal; it goes on without its task', facts);
      void ended.then(() =>
        logger.warn('A handler ended after its task was settled; its result is discarded', facts),
      );
    },
  });
  return { result, unendedChildren: family?.end() ?? [] };
};

const toStepOwner = ({
  delivery,
  task,
  envelope,
}: Pick<Attempt, 'delivery' | 'task' | 'envelope'>): StepOwner => ({
  taskName: task.queueName,
  taskId: envelope.stepsOf ?? delivery.taskId,
});

const toSteps = (
  { delivery, task, envelope, plan, environment }: Attempt,
  getSignal: () => AbortSignal,
): TaskSteps => {
  const owner = toStepOwner({ delivery, task, envelope });
  return createTaskSteps({
    store: delivery.steps,
    logger: environment.logger.child(logBindings(delivery, task, envelope, plan)),
    maxResultBytes: environment.maxResultBytes,
    toKey: (name) => toStepKey(owner, name),
    getSignal,
    now: environment.now,
  });
};

/** The payload goes as it was scheduled: the process makes of it what the schema does. */
const runIsolatedHandler = async (attempt: Attempt, isolation: Isolation): Promise<HandlerEnd> => {
  const { task, delivery, plan, environment, envelope } = attempt;
  const started: { run?: IsolatedRun; family?: AttemptFamily } = {};
  const result = await runHandler({
    call: (controls) => {
      const { getSignal } = controls;
      const family = createAttemptFamily(attempt, controls);
      started.family = family;
      // The steps of the handler are its process's; what they are asked for here is their store.
      const getSteps = (): TaskSteps => toSteps(attempt, getSignal);
      const context = toContext(attempt, { getSignal, getSteps, family });
      started.run = isolation.run({
        task,
        payload: envelope.payload,
        context,
        maxResultBytes: environment.maxResultBytes,
        steps: delivery.steps,
        stepOwner: toStepOwner(attempt),
        ancestors: envelope.ancestors ?? [],
      });
      return started.run.result;
    },
    timeoutMs: plan.timeoutMs,
    graceMs: environment.graceMs,
    shutdown: environment.shutdown,
    cancellation: delivery.cancellation,
    clock: environment.clock,
    onAbandoned: ({ code }) => {
      const { correlationId } = envelope;
      const facts = { taskName: task.queueName, taskId: delivery.taskId, correlationId, reason: code };
      environment.logger.warn('An isolated handler ignores its abort signal; its process is killed', facts);
      started.run?.kill();
    },
  });
  // The next attempt does not begin while the process of this one is there.
  if (started.run !== undefined) await letEnd(started.run, environment.shutdown);
  return { result, unendedChildren: started.family?.end() ?? [] };
};

/** A worker that has waited for its tasks must tell their ends: then a process gets no more time for its resources. */
const letEnd = async ({ over, kill }: IsolatedRun, shutdown: AbortSignal): Promise<void> => {
  if (shutdown.aborted) kill();
  shutdown.addEventListener('abort', kill);
  await over;
  shutdown.removeEventListener('abort', kill);
};

const runAttempt = async (attempt: Attempt): Promise<AttemptEnd> => {
  const payload = validatePayload(attempt.task, attempt.envelope.payload);
  if (payload.isErr()) return endAttempt(attempt, payload);
  const held = attempt.delivery.checkHeld();
  if (held !== undefined && !(await held)) return endAttempt(attempt, err(toTaken()));
  const startable = checkCancelled(attempt);
  if (startable.isErr()) return endUnrun(attempt, startable.error);
  const { result, unendedChildren } = await runUserHandler(attempt, payload.value);
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
 * Runs one attempt of a task: decode envelope, look whether it was cancelled, count crashes, look at its expiry, validate
 * payload, handler under timeout and signal, validate output, decide the outcome. Every log line inside carries the
 * correlation ID. Never rejects, whatever handler, validator or data do; the outcome is for `settle` to tell the queue.
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
  if (decoded.isErr()) return Promise.resolve(endAttempt(attempt, err(decoded.error)));
  const startable = checkCancelled(attempt)
    .andThen(() => checkCrashes(attempt))
    .andThen(() => checkExpiry(attempt));
  if (startable.isErr()) return Promise.resolve(endUnrun(attempt, startable.error));
  return runWithLogContext(logBindings(delivery, task, envelope, plan), () => {
    if (delivery.crashCount > 0) {
      const { crashCount } = delivery;
      environment.logger.info('Task runs again: its worker died or lost the lock', { crashCount });
    }
    return runAttempt(attempt);
  });
};
