import { type ILogger } from '@backend/logger/Logger';
import { isSkipped } from '../domain/Skipped';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { type Delivery, type DeliveryEnd } from '../queue/Delivery';
import { type AttemptEnd, type AttemptEnvironment } from './Attempt';
import { logAttempt } from './attemptLog';
import { cancelLeftChildren } from './cancelLeftChildren';
import { runTask } from './runTask';
import { createSingleFlight } from './SingleFlight';

/** Where a worker's deliveries are taken in, run once, counted and logged. */
export interface DeliveryDesk {
  /** Runs a delivered task. Never rejects. */
  take(task: TaskDefinition<unknown>, delivery: Delivery): Promise<DeliveryEnd>;
  /** From now on every delivery is given back unrun. */
  shut(): void;
  /** From now on deliveries are run again. */
  open(): void;
  /** Resolves when no task runs, or after `ms` milliseconds. */
  whenIdle(ms: number): Promise<boolean>;
  /** Names of the tasks that run now; a name that runs twice is there twice. */
  runningTasks(): readonly string[];
  /** Names of the tasks that have run at any time since the last call. */
  takeRecentTasks(): readonly string[];
  counts(): DeskCounts;
}

/** Attempts that have ended at a desk. */
export interface DeskCounts {
  /** Whatever their outcome. */
  readonly processedCount: number;
  /** That ended in a skip. */
  readonly skippedCount: number;
  /** That failed their task for good. */
  readonly failedCount: number;
}

/** How a run ended, and when. */
type FlightEnd = AttemptEnd & { readonly endedAtMs: number };

const UNHEARD: Pick<DeliveryEnd, 'onSettled' | 'onUntold'> = {
  onSettled: () => undefined,
  onUntold: () => undefined,
};

const released = (delivery: Delivery): DeliveryEnd => ({
  outcome: {
    kind: 'released',
    error: new TaskError('the worker takes no tasks now', {}, { code: 'shutdown' }),
  },
  attempt: delivery.attemptsMade + delivery.crashCount + 1,
  hasBegun: false,
  ...UNHEARD,
  onOver: () => undefined,
});

/** Creates the desk of one worker. */
export const createDeliveryDesk = (environment: AttemptEnvironment): DeliveryDesk => {
  const flights = createSingleFlight<FlightEnd>();
  /** A run may be delivered again after its end could not be told. */
  const logged = new WeakSet<FlightEnd>();
  const running = new Map<number, string>();
  let runCount = 0;
  const recent = new Set<string>();
  const idleListeners = new Set<() => void>();
  const counts = { processedCount: 0, skippedCount: 0, failedCount: 0 };
  let isShut = false;

  const count = (outcome: TaskOutcome): void => {
    counts.processedCount += 1;
    if (outcome.kind === 'failed') counts.failedCount += 1;
    if (outcome.kind === 'completed' && isSkipped(outcome.value)) counts.skippedCount += 1;
  };
  const fly = async (task: TaskDefinition<unknown>, delivery: Delivery): Promise<FlightEnd> => {
    runCount += 1;
    const run = runCount;
    running.set(run, task.queueName);
    recent.add(task.queueName);
    const end = await runTask(task, delivery, environment);
    running.delete(run);
    if (end.hadEnded === undefined) count(end.outcome);
    if (running.size === 0) for (const listener of idleListeners) listener();
    return { ...end, endedAtMs: environment.now().getTime() };
  };

  return {
    take: async (task, delivery) => {
      const key = `${task.queueName} ${delivery.runKey}`;
      if (isShut && !flights.has(key)) return released(delivery);
      const { value, isLatest, leave } = await flights.run(key, () => fly(task, delivery));
      const { outcome, attempt, hasBegun, endedAtMs } = value;
      const { logger, family } = environment;
      if (isLatest) {
        const log = (): void => {
          if (value.hadEnded !== undefined || logged.has(value)) return;
          logged.add(value);
          logAttempt({ logger, taskName: task.queueName, delivery, end: value, endedAtMs });
        };
        const onSettled = (): void => {
          log();
          void cancelLeftChildren({ family, logger, taskName: task.queueName, delivery, end: value });
        };
        // The ledger has it: that counts, whatever the queue knows.
        const onUntold = (): void => {
          if (value.isRecorded && outcome.kind !== 'released') onSettled();
        };
        return { outcome, attempt, hasBegun, onSettled, onUntold, onOver: leave };
      }
      logSuperseded(logger, task, delivery, value.envelope.correlationId);
      return {
        outcome: { kind: 'superseded' },
        attempt,
        hasBegun,
        ...UNHEARD,
        onOver: leave,
      };
    },
    shut: () => {
      isShut = true;
    },
    open: () => {
      isShut = false;
    },
    whenIdle: (ms) => whenIdle(() => running.size === 0, idleListeners, ms),
    runningTasks: () => [...running.values()],
    takeRecentTasks: () => {
      const names = [...recent];
      recent.clear();
      for (const name of running.values()) recent.add(name);
      return names;
    },
    counts: () => ({ ...counts }),
  };
};

const logSuperseded = (
  logger: ILogger,
  { queueName }: TaskDefinition<unknown>,
  { taskId }: Delivery,
  correlationId: string,
): void =>
  logger.warn('A task was delivered again while it ran here; the second delivery joined the first run', {
    taskName: queueName,
    taskId,
    correlationId,
  });

const whenIdle = (isIdle: () => boolean, listeners: Set<() => void>, ms: number): Promise<boolean> => {
  if (isIdle()) return Promise.resolve(true);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  const listener = (): void => resolve(true);
  listeners.add(listener);
  return promise.finally(() => {
    clearTimeout(timer);
    listeners.delete(listener);
  });
};
