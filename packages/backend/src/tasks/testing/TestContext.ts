import { silentLogger } from '@backend/logger/silentLogger';
import { type TaskContext, toTaskContext } from '../domain/TaskContext';
import { toLogLine, toProgressJson } from '../domain/TaskReport';

/** What a handler did with its context, in the order in which it did it. */
export interface RecordedContext {
  /** The values that it reported with `ctx.progress`, as JSON carries them. */
  readonly progress: readonly unknown[];
  /** The lines that it kept with `ctx.log`, cut as a worker cuts them. */
  readonly log: readonly string[];
}

/** A handler's context in a test: complete, and it takes notes. */
export interface TestContext extends TaskContext {
  readonly recorded: RecordedContext;
  /** What the test asked for, and what takes notes; `runTask` lets the definition decide the rest, such as `maxAttempts`. */
  readonly parts: Partial<TaskContext>;
  /** Aborts `ctx.signal`, as a timeout or a stop does. Default reason: that of an `AbortController`. */
  abort(reason?: unknown): void;
}

/**
 * Creates a context for a direct call of a handler, or for `runTask`.
 *
 * @param given What a test wants to be so; the rest is filled in: fresh ids, attempt 1 of 1, a logger that says nothing.
 */
export const createTestContext = (given: Partial<TaskContext> = {}): TestContext => {
  const stop = new AbortController();
  const { logger = silentLogger } = given;
  const recorded = { progress: [] as unknown[], log: [] as string[] };
  const parts = {
    ...given,
    signal: given.signal === undefined ? stop.signal : AbortSignal.any([given.signal, stop.signal]),
    progress: async (value: unknown) => {
      recorded.progress.push(JSON.parse(toProgressJson(value)));
    },
    log: async (message: string) => {
      recorded.log.push(toLogLine(message));
      logger.info(message);
    },
  };
  return {
    ...toTaskContext(given.taskName ?? 'test:context', parts),
    recorded,
    parts,
    abort: (reason) => stop.abort(reason),
  };
};
