import { type AppConfig } from '@backend/config/AppConfig';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type TaskContext } from '../domain/TaskContext';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { ENVELOPE_VERSION, type TaskEnvelope } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { checkPayload } from '../scheduler/PayloadCheck';
import { type HandlerClock, realClock } from '../worker/HandlerClock';
import { runTask as runAttempt } from '../worker/runTask';
import { checkRunOptions } from './checkTestOptions';
import { toTestEnvironment } from './memory/testEnvironment';
import { toTestDelivery } from './memory/toTestDelivery';
import { readTestContext, type TestContext } from './TestContext';
import { testConfig } from './testConfig';
import { withContext } from './withContext';

/** What becomes of a task after one attempt that nobody cancels and no worker gives back, as the worker decides it. */
export type TestOutcome<Output> =
  | { readonly kind: 'completed'; readonly value: Output }
  | Extract<TaskOutcome, { readonly kind: 'retry' | 'snoozed' | 'failed' }>;

/** How an attempt is run; every field may be left out. */
export interface RunTaskOptions {
  /** Default: the defaults of all variables. */
  readonly appConfig?: AppConfig;
  /** Instead of the definition's; milliseconds. */
  readonly timeoutMs?: number;
  /** What the time limit goes by. Default: real time. */
  readonly clock?: HandlerClock;
  /** From 0 to 1, for the jitter of waits. Default: always 0, which adds 10 %. */
  readonly random?: () => number;
}

/**
 * Runs one attempt of a task as a worker does, and answers its outcome as data: `completed`, `retry` with its delay,
 * `failed` with its reason, `snoozed`. The payload goes through JSON and the definition's checks, the result through its
 * output schema and JSON; time limit, `retryOn` and backoff hold. Nothing is queued, and no further attempt follows.
 *
 * @param context What the handler gets, such as a `createTestContext()`; what is left out is filled in. `attempt` and
 *   `maxAttempts` decide as in a worker.
 * @throws TaskRegistryError when the definition is wrong, TestingError when the context or an option is, or the context is a
 *   copy of a test context. Whatever the handler does is an outcome.
 */
export const runTask = async <Payload, Output, Input>(
  task: TaskDefinition<Payload, Output, Input>,
  payload: NoInfer<Input>,
  context: Partial<TaskContext> | TestContext = {},
  options: RunTaskOptions = {},
): Promise<TestOutcome<Output>> => {
  checkRunOptions(options);
  const { appConfig = testConfig(), timeoutMs, clock = realClock, random = () => 0 } = options;
  const { given, steps } = readTestContext(context);
  const definition = task as unknown as TaskDefinition<unknown>; // run with the payload that its validator accepts
  createTaskRegistry([definition]);
  const stored = checkPayload(definition, payload, appConfig.taskMaxPayloadBytes);
  if (stored.isErr()) {
    const { message, issues } = stored.error;
    const error = new TaskError(message, { issues }, { code: 'invalid-payload', cause: stored.error });
    return { kind: 'failed', error, reason: 'invalid-payload' };
  }
  const { taskId = TaskId(), scheduledAt = new Date(), attempt = 1 } = given;
  const logger = guardedLogger(given.logger ?? silentLogger);
  const now = () => given.startedAt ?? new Date();
  const { metadata: _copied, ...parts } = given; // comes with the envelope
  const { outcome } = await runAttempt(
    withContext(definition, parts),
    toTestDelivery({
      taskId,
      data: toEnvelope(stored.value, given, timeoutMs),
      attemptsMade: attempt - 1,
      scheduledAt,
      ...(steps === undefined ? {} : { steps }),
    }),
    toTestEnvironment({ appConfig, logger, clock, now, random }),
  );
  return outcome as TestOutcome<Output>; // its value has passed the output schema, and nobody cancels or stops it
};

const toEnvelope = (
  payload: unknown,
  { correlationId = CorrelationId(), maxAttempts, ...given }: Partial<TaskContext>,
  timeoutMs: number | undefined,
): TaskEnvelope => {
  const { parentId, userId, metadata, scheduleId } = given;
  const overrides = { maxAttempts, timeoutMs };
  return {
    v: ENVELOPE_VERSION,
    payload,
    correlationId,
    parentId,
    userId,
    metadata,
    scheduleId,
    overrides,
  };
};
