import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { describeUnknown } from '@core/errors/describeUnknown';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { createScheduleStore } from '../queue/ScheduleStore';
import { type TaskQueues } from '../queue/TaskQueues';
import { createDueStarter } from './DueStarter';
import { reconcileSchedules } from './reconcileSchedules';

/** Milliseconds between two looks. */
const LOOK_INTERVAL_MS = 1000;

interface ScheduleTickerOptions {
  /** Every definition of the process. Runs of other tasks are left to other workers. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly connection: RedisConnection;
  readonly queues: TaskQueues;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** Milliseconds between two looks. Default: 1000. */
  readonly intervalMs?: number;
}

/** Starts the runs of recurring schedules that are due. */
export interface ScheduleTicker {
  /** One look, or the one that is under way; called by the timer, public for tests. Never rejects. */
  look(): Promise<void>;
  /** Redis may have lost what it had: the next look makes the schedules of definitions that are missing. */
  doubt(): void;
  /** Looks no more; resolves when the last look has ended, which needs Redis. */
  stop(): Promise<void>;
}

/**
 * Starts to look about once a second. Any number of workers may: each run is claimed by one. What is due is decided by
 * the clock of Redis alone, since those of the workers differ. The first look makes the schedules that definitions declare.
 */
export const createScheduleTicker = (options: ScheduleTickerOptions): ScheduleTicker => {
  const { connection, logger, intervalMs = LOOK_INTERVAL_MS } = options;
  const { client } = connection;
  const log = createRateLimitedLog({ logger });
  let isStopped = false;
  const startDue = createDueStarter({ ...options, isStopped: () => isStopped });
  const definitions = createDefinitionKeeper(options);
  const lookOnce = async (): Promise<void> => {
    try {
      await definitions.keep();
      await startDue();
    } catch (error) {
      if (isStopped) return;
      log.warn('look', 'Recurring schedules cannot be looked at for now', { reason: describeUnknown(error) });
    }
  };
  let looking: Promise<void> | undefined;
  const look = (): Promise<void> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const onTimer = (): void => void look();
  const timer = setInterval(onTimer, intervalMs);
  timer.unref();
  client.on('ready', definitions.doubt);
  onTimer();
  return {
    look,
    doubt: definitions.doubt,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      client.off('ready', definitions.doubt);
      await looking;
    },
  };
};

/** Creates what keeps the schedules of definitions: all of them once, and those that are missing after each doubt. */
const createDefinitionKeeper = ({ tasks, connection, appConfig, logger }: ScheduleTickerOptions) => {
  const store = createScheduleStore(connection.client, appConfig.queuePrefix);
  let scope: 'all' | 'missing' | undefined = 'all';
  return {
    keep: async (): Promise<void> => {
      const kept = scope;
      if (kept === undefined) return;
      scope = undefined;
      try {
        await reconcileSchedules({ tasks, store, appConfig, logger, scope: kept });
      } catch (error) {
        scope = kept;
        throw error;
      }
    },
    /** A Redis that comes back may come back empty. */
    doubt: (): void => {
      scope ??= 'missing';
    },
  };
};
