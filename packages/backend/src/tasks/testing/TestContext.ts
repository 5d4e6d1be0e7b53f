import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { type TaskContext, toTaskContext } from '../domain/TaskContext';
import { TaskId } from '../domain/TaskId';
import { toLogLine, toProgressJson } from '../domain/TaskReport';
import { type StoredStep, toStepKey } from '../domain/TaskStep';
import { createTaskSteps } from '../domain/TaskSteps';
import { createMemorySteps, type MemorySteps } from './memory/MemorySteps';
import { createTestFamily } from './memory/TestFamily';
import { type ScheduledTask } from './ScheduledTask';
import { testConfig } from './testConfig';

/** What a handler did with its context, in the order in which it did it. */
export interface RecordedContext {
  /** The values that it reported with `ctx.progress`, as JSON carries them. */
  readonly progress: readonly unknown[];
  /** The lines that it kept with `ctx.log`, cut as a worker cuts them. */
  readonly log: readonly string[];
  /** The steps that it finished, with their results. */
  readonly steps: readonly StoredStep[];
  /** The tasks that it scheduled, children included. */
  readonly scheduled: readonly ScheduledTask[];
}

/** A handler's context in a test: complete, and it takes notes. Handed to several calls it stands for attempts of one task. */
export interface TestContext extends TaskContext {
  readonly recorded: RecordedContext;
  /** What the test asked for, and what takes notes; `runTask` lets the definition decide the rest, such as `maxAttempts`. */
  readonly parts: Partial<TaskContext>;
  /** The finished steps: a later call with the same context does not do them again. */
  readonly steps: MemorySteps;
  /** Aborts `ctx.signal`, as a timeout or a stop does. Default reason: that of an `AbortController`. */
  abort(reason?: unknown): void;
}

/**
 * Creates a context for a direct call of a handler, or for `runTask`. What the handler schedules is noted, and runs in memory
 * while the handler waits for children.
 *
 * @param given What a test wants to be so; the rest is filled in: fresh ids, attempt 1 of 1, a logger that says nothing.
 */
export const createTestContext = (given: Partial<TaskContext> = {}): TestContext => {
  const stop = new AbortController();
  const { logger = silentLogger, taskName = 'test:context', taskId = TaskId() } = given;
  const [progress, log, steps]: [unknown[], string[], MemorySteps] = [[], [], createMemorySteps()];
  const correlationId = given.correlationId ?? CorrelationId();
  const signal = given.signal === undefined ? stop.signal : AbortSignal.any([given.signal, stop.signal]);
  const { userId } = given;
  const owner = userId === undefined ? {} : { userId };
  const family = createTestFamily({ taskId, taskName, correlationId, signal, ...owner });
  const parts = {
    ...given,
    taskId,
    correlationId,
    schedule: given.schedule ?? family.schedule,
    children: given.children ?? family.children,
    signal,
    progress: async (value: unknown) => {
      progress.push(JSON.parse(toProgressJson(value)));
    },
    log: async (message: string) => {
      log.push(toLogLine(message));
      logger.info(message);
    },
  };
  const context = toTaskContext(taskName, parts);
  return {
    ...context,
    step: given.step ?? toReplayedStep(context, steps),
    recorded: {
      progress,
      log,
      get steps() {
        return steps.list();
      },
      scheduled: family.calls,
    },
    parts,
    steps,
    abort: (reason) => stop.abort(reason),
  };
};

/** Steps of direct calls: one that is finished answers its result, in whichever call. */
const toReplayedStep = (
  { taskName, taskId, logger, signal }: TaskContext,
  steps: MemorySteps,
): TaskContext['step'] => {
  const { step } = createTaskSteps({
    store: steps,
    logger,
    maxResultBytes: testConfig().taskMaxResultBytes,
    toKey: (name) => toStepKey({ taskName, taskId }, name),
    getSignal: () => signal,
    now: () => new Date(),
  });
  return async (name, work) => {
    const found = steps.list().find((each) => each.name === name);
    if (found === undefined) return step(name, work);
    return (found.isResult ? ok(found.value) : found.value) as never; // what the work answered
  };
};
