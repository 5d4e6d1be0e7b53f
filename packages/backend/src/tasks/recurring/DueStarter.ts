import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { type TaskDefinition } from '../domain/TaskDefinition';
import {
  type AbandonedRun,
  createDueRuns,
  type FoundRun,
  MAX_RUNS_READ,
  type ScheduleRun,
} from '../queue/DueRuns';
import { type TaskQueues } from '../queue/TaskQueues';
import { type BrokenRun, createBrokenRuns } from './BrokenRuns';
import { createRunClaimer, type OwnRun } from './RunClaimer';
import { type ClaimedRun, createRunStarter } from './RunStarter';
import { createWaitingRuns } from './WaitingRuns';

interface DueStarterOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly connection: RedisConnection;
  readonly queues: TaskQueues;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** Asked before each claim. */
  isStopped(): boolean;
}

/** Runs that are put on their queues at the same time. */
const PART = 50;

/**
 * How long a queue that did not take a run is left out: its runs stay due, so that the other queues need not wait for it.
 * Shorter than what makes a run a missed one; milliseconds.
 */
const LEFT_OUT_MS = 5000;

/** What one look has found and not started. */
interface Leftovers {
  /** Runs of tasks that this process has not. */
  readonly foreign: FoundRun[];
  readonly broken: BrokenRun[];
  /** Runs that stay where they are: the next reading begins behind them. */
  dueCount: number;
  abandonedCount: number;
}

/** One reading, and what was claimed of it. */
interface Look {
  readonly nowMs: number;
  readonly left: Leftovers;
  readonly claimed: ClaimedRun[];
}

/**
 * Creates what a look does: it claims what is due, and what another worker claimed and never put on the queue, and then
 * starts all of it. Rejects when what is due cannot be read; a single run holds up no other.
 */
export const createDueStarter = (options: DueStarterOptions): (() => Promise<void>) => {
  const { tasks, connection, appConfig, logger, isStopped } = options;
  const runs = createDueRuns(connection.client, appConfig.queuePrefix);
  const start = createRunStarter({ ...options, runs });
  const claim = createRunClaimer({ ...options, runs });
  const waiting = createWaitingRuns(logger);
  const broken = createBrokenRuns(logger);
  const byName = new Map(tasks.map((task) => [task.queueName, task]));
  const taskNames = [...byName.keys()];
  const leftOutUntilMs = new Map<string, number>();

  const toOwn = <Run extends FoundRun>(run: Run): (Run & OwnRun) | undefined => {
    const { stored } = run;
    const task = byName.get(stored?.taskName ?? '');
    return stored === undefined || task === undefined ? undefined : { ...run, stored, task };
  };

  const isLeftOut = ({ task }: ClaimedRun | OwnRun, nowMs: number): boolean =>
    nowMs < (leftOutUntilMs.get(task.queueName) ?? 0);

  /** Claims what is due of a schedule. False when it stays due. */
  const claimDue = async (found: FoundRun, look: Look): Promise<boolean> => {
    const run = toOwn(found);
    if (run === undefined) look.left.foreign.push(found);
    if (run === undefined || isLeftOut(run, look.nowMs)) return false;
    return attempt(run, look.left, () => claim(run, look.nowMs, (claimed) => look.claimed.push(claimed)));
  };

  /** Claims an abandoned run. False when it stays as it is: that of another process is left to it. */
  const claimAbandoned = async (found: AbandonedRun, look: Look): Promise<boolean> => {
    if (found.isDeleted) return attempt(found, look.left, () => runs.settle(found, { isStarted: false }));
    const run = toOwn(found);
    if (run === undefined || isLeftOut(run, look.nowMs)) return false;
    return attempt(run, look.left, async () => {
      if (await runs.take(run)) look.claimed.push({ ...run, isMissed: false });
    });
  };

  const startAll = async ({ claimed, nowMs, left }: Look): Promise<void> => {
    for (let first = 0; first < claimed.length; first += PART) {
      const part = claimed.slice(first, first + PART).filter((run) => !isLeftOut(run, nowMs));
      const starts = part.map((run) =>
        attempt(run, left, async () => {
          if (!(await start(run))) leftOutUntilMs.set(run.task.queueName, nowMs + LEFT_OUT_MS);
        }),
      );
      await Promise.all(starts);
    }
  };

  return async () => {
    const left: Leftovers = { foreign: [], broken: [], dueCount: 0, abandonedCount: 0 };
    for (;;) {
      const skip = { skipDueCount: left.dueCount, skipAbandonedCount: left.abandonedCount };
      const { nowMs, due, abandoned } = await runs.read({ taskNames, ...skip });
      const look: Look = { nowMs, left, claimed: [] };
      for (const run of due) if (!(await claimDue(run, look))) left.dueCount += 1;
      for (const run of abandoned)
        if (!isStopped() && !(await claimAbandoned(run, look))) left.abandonedCount += 1;
      await startAll(look);
      if (isStopped() || (due.length < MAX_RUNS_READ && abandoned.length < MAX_RUNS_READ)) {
        broken.report(left.broken);
        return waiting.report(left.foreign, nowMs);
      }
    }
  };
};

/** Does something with one run; what goes wrong is noted. False when it did. */
const attempt = async (
  { id }: ScheduleRun,
  left: Leftovers,
  action: () => Promise<unknown>,
): Promise<boolean> => {
  try {
    await action();
    return true;
  } catch (error) {
    left.broken.push({ id, error });
    return false;
  }
};
