import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { decideTick } from '../domain/RecurringSchedule';
import { type StoredSchedule } from '../domain/StoredSchedule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { createDueRuns, type FoundRun, MAX_RUNS_READ } from '../queue/DueRuns';
import { type TaskQueues } from '../queue/TaskQueues';
import { createRunStarter } from './RunStarter';
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

/** A run whose schedule could be read, and whose task this process has. */
interface OwnRun extends FoundRun {
  readonly stored: StoredSchedule;
  readonly task: TaskDefinition<unknown>;
}

/**
 * Creates what a look does: it claims and starts what is due, and starts what another worker claimed and never put on the
 * queue. Rejects when Redis does not answer or refuses.
 */
export const createDueStarter = (options: DueStarterOptions): (() => Promise<void>) => {
  const { tasks, connection, appConfig, logger, isStopped } = options;
  const runs = createDueRuns(connection.client, appConfig.queuePrefix);
  const start = createRunStarter({ ...options, runs });
  const waiting = createWaitingRuns(logger);
  const byName = new Map(tasks.map((task) => [task.queueName, task]));

  const toOwn = (run: FoundRun): OwnRun | undefined => {
    const { stored } = run;
    const task = byName.get(stored?.taskName ?? '');
    return stored === undefined || task === undefined ? undefined : { ...run, stored, task };
  };

  const startDue = async (run: OwnRun, nowMs: number): Promise<void> => {
    const { timing, missed } = run.stored;
    for (let { dueMs } = run; dueMs <= nowMs && !isStopped(); ) {
      const { isRun, isMissed, nextMs } = decideTick({ timing, missed, dueMs, nowMs });
      if (!(await runs.claim({ ...run, dueMs, nextMs, isRun }))) return;
      await start({ ...run, dueMs, isRun, isMissed });
      dueMs = nextMs;
    }
  };

  const startAbandoned = async (run: FoundRun): Promise<void> => {
    const own = toOwn(run);
    if (own !== undefined) return start({ ...own, isRun: true, isMissed: false });
    // Its schedule was deleted meanwhile. That of another process is left to it.
    if (run.isDeleted) await runs.settle(run);
  };

  return async () => {
    let foreign: readonly FoundRun[] = [];
    for (;;) {
      const { nowMs, due, abandoned } = await runs.read(foreign.length);
      for (const run of due) {
        const own = toOwn(run);
        if (own === undefined) foreign = [...foreign, run];
        else await startDue(own, nowMs);
      }
      for (const run of abandoned) await startAbandoned(run);
      if (due.length < MAX_RUNS_READ || isStopped()) return waiting.report(foreign, nowMs);
    }
  };
};
