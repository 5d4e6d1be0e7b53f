import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { type TaskContext, toTaskContext } from '../domain/TaskContext';
import { TaskId } from '../domain/TaskId';
import { toLogLine, toProgressJson } from '../domain/TaskReport';
import { type StoredStep, toStepKey } from '../domain/TaskStep';
import { createTaskSteps } from '../domain/TaskSteps';
import { checkTestContext } from './checkTestContext';
import { createMemorySteps, type MemorySteps } from './memory/MemorySteps';
import { createTestFamily, type TestFamily } from './memory/TestFamily';
import { type ScheduledTask } from './ScheduledTask';
import { TestingError } from './TestingError';
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

/** A handler's context in a test: complete, and it takes notes. A later call with it does not do finished steps again. */
export interface TestContext extends TaskContext {
  /** In all attempts of the task. */
  readonly recorded: RecordedContext;
  /**
   * The context of the task's next attempt: `attempt` is one more, and the signal is a new one. Finished steps are not done
   * again, nor are children that have completed.
   */
  next(): TestContext;
  /** Aborts `ctx.signal`, as a timeout or a stop does. Default reason: that of an `AbortController`. */
  abort(reason?: unknown): void;
}

/** Stands for the name of a task that no definition gives. */
const TASK_NAME = 'test:context';

/**
 * Creates a context for a direct call of a handler, or for `runTask`. What the handler schedules is noted, and runs in memory
 * while the handler waits for children.
 *
 * @param given What a test wants to be so; the rest is filled in: fresh ids, attempt 1 of 1, a logger that says nothing. What
 *   it gives for `progress` and `log` is called after the note is taken.
 * @throws TestingError when a part is unknown or wrong.
 */
export const createTestContext = (given: Partial<TaskContext> = {}): TestContext => {
  checkTestContext(given);
  const { taskName = TASK_NAME, taskId = TaskId(), correlationId = CorrelationId(), userId } = given;
  const owner = userId === undefined ? {} : { userId };
  return toAttemptContext(
    { ...given, taskId, correlationId },
    {
      progress: [],
      log: [],
      steps: createMemorySteps(),
      family: createTestFamily({ taskId, taskName, correlationId, ...owner, ...toShared(given) }),
    },
  );
};

/** What children have from their parent. */
const toShared = ({
  resolve,
  logger,
}: Partial<TaskContext>): Partial<Pick<TaskContext, 'resolve' | 'logger'>> => ({
  ...(resolve === undefined ? {} : { resolve }),
  ...(logger === undefined ? {} : { logger }),
});

/** What the attempts of a task share. */
interface TaskNotes {
  readonly progress: unknown[];
  readonly log: string[];
  readonly steps: MemorySteps;
  readonly family: TestFamily;
}

const toAttemptContext = (given: Partial<TaskContext>, notes: TaskNotes): TestContext => {
  const stop = new AbortController();
  const { attempt = 1, taskName = TASK_NAME } = given;
  const signal = given.signal === undefined ? stop.signal : AbortSignal.any([given.signal, stop.signal]);
  const { progress, log, steps, family } = notes;
  const parts = { ...family.begin({ attempt, signal }), ...given, signal, ...toReports(given, notes) };
  const context = toTaskContext(taskName, parts);
  const made: TestContext = {
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
    next: () => toAttemptContext({ ...given, attempt: attempt + 1 }, notes),
    abort: (reason) => stop.abort(reason),
  };
  // Not enumerable: a copy of the context has no parts.
  return Object.defineProperty(made, PARTS, { value: { given: parts, steps } satisfies TestParts });
};

const toReports = (
  given: Partial<TaskContext>,
  { progress, log }: TaskNotes,
): Pick<TaskContext, 'progress' | 'log'> => {
  const { logger = silentLogger } = given;
  const tell = given.log ?? (async (message) => logger.info(message));
  return {
    progress: async (value) => {
      progress.push(JSON.parse(toProgressJson(value)));
      await given.progress?.(value);
    },
    log: async (message) => {
      log.push(toLogLine(message));
      await tell(message);
    },
  };
};

const PARTS = Symbol('parts of a test context');

/** What `runTask` is asked for by a context. */
interface TestParts {
  /** What the test asked for, and what takes notes; the definition decides the rest, such as `maxAttempts`. */
  readonly given: Partial<TaskContext>;
  /** The finished steps, if there is a place for them. */
  readonly steps?: MemorySteps;
}

/**
 * Reads what a test asks for.
 *
 * @throws TestingError when a part is unknown or wrong, and for a copy of a test context: which of its fields the test wants cannot be told.
 */
export const readTestContext = (context: Partial<TaskContext> | TestContext): TestParts => {
  if (!isMade(context)) {
    checkTestContext(context);
    return { given: context };
  }
  if (PARTS in context) return context[PARTS] as TestParts; // only set above
  throw new TestingError(
    'expected a test context as createTestContext made it, got a copy: next() is that of the next attempt, createTestContext({ ... }) one with other parts',
  );
};

const isMade = (context: unknown): context is TestContext =>
  typeof context === 'object' && context !== null && 'recorded' in context;

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
