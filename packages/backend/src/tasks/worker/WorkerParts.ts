import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { describeUnknown } from '@core/errors/describeUnknown';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { cancelChildren } from '../ledger/cancelTask';
import { startLedgerDuties } from '../ledger/LedgerDuties';
import { toCancellation } from '../ledger/toCancellation';
import { isLostLock } from '../queue/LostLock';
import { createQueueAccess } from '../queue/QueueAccess';
import { createQueueConsumer, type QueueConsumer } from '../queue/QueueConsumer';
import { isRefusal } from '../queue/RedisRefusal';
import { createTaskQueues, type TaskQueues } from '../queue/TaskQueues';
import { correlationIdOf } from '../queue/TaskRecordReader';
import { findUnregisteredTasks } from '../queue/UnregisteredTasks';
import { createScheduleTicker } from '../recurring/ScheduleTicker';
import { type AttemptLedger } from './AttemptLedger';
import { createCancelWatch } from './CancelWatch';
import { createDataLossWatch } from './DataLossWatch';
import { type DeliveryDesk } from './DeliveryDesk';
import { createEventLoopWatch } from './EventLoopWatch';
import { createRetentionSweeper } from './RetentionSweeper';
import { createSlotGate, type SlotGate } from './SlotGate';
import { createStalledCheck } from './StalledCheck';
import { toTaskIdFacts } from './TaskIdFacts';
import { type WorkerPlan } from './WorkerPlan';

/** What runs while a worker does: a consumer for each task, and its timers. */
export interface WorkerParts {
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Tasks whose end Redis has not heard of yet. */
  untoldIds(): readonly string[];
  /** Takes no more; resolves when every task that was taken is settled, which needs Redis. */
  close(): Promise<void>;
  /** The last call, when nothing runs any more, or is given up: until then what runs can be cancelled. */
  end(): void;
}

interface WorkerPartsOptions {
  readonly plan: WorkerPlan;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  readonly desk: DeliveryDesk;
  /** Absent when the ledger is off. */
  readonly attemptLedger: AttemptLedger | undefined;
  readonly connection: RedisConnection;
  /** Aborted when the worker stops: what the connections report from then on is our own doing. */
  readonly stop: AbortSignal;
}

/** Starts the parts of a worker, whose connection is open. */
export const startWorkerParts = (options: WorkerPartsOptions): WorkerParts => {
  const reports = createReports(options);
  const { onError } = reports;
  const gate = createSlotGate({
    slotCount: options.plan.concurrency,
    queueCount: options.plan.tasks.length,
    agingMs: options.plan.priorityAgingMs,
    maxSuspended: options.appConfig.workerMaxWaitingParents,
    now: Date.now,
  });
  const cancelWatch = createCancelWatch({
    client: options.connection.client,
    prefix: options.appConfig.queuePrefix,
    intervalMs: options.appConfig.workerStalledIntervalMs,
    onError: (error) => onError(error),
  });
  const { isListening } = cancelWatch;
  const consumers = options.plan.tasks.map((task) => {
    const consumer = createConsumer(task, { ...options, gate, isListening }, reports);
    cancelWatch.join(task.queueName, consumer);
    return consumer;
  });
  for (const consumer of consumers) consumer.start();
  const timers = startTimers(consumers, options, onError);
  return {
    pause: async () => {
      gate.shut();
      await Promise.all(consumers.map((consumer) => consumer.pause()));
    },
    resume: async () => {
      gate.open();
      await Promise.all(consumers.map((consumer) => consumer.resume()));
    },
    untoldIds: () => consumers.flatMap((consumer) => consumer.untoldIds()),
    close: async () => {
      gate.shut();
      await Promise.all([
        ...timers.map((timer) => timer.stop()),
        ...consumers.map((consumer) => consumer.close()),
      ]);
    },
    end: () => cancelWatch.stop(),
  };
};

/** Says which tasks nobody will run; a rename of a task is the usual cause. */
const warnOfUnregistered = async (
  queues: TaskQueues,
  { plan, appConfig, logger, connection, stop }: WorkerPartsOptions,
): Promise<void> => {
  try {
    const { client } = connection;
    const query = { client, prefix: appConfig.queuePrefix, queues, taskNames: plan.registeredNames };
    for (const task of await findUnregisteredTasks(query)) {
      logger.warn('Tasks wait whose name no definition has: register it, or nobody runs them', task);
    }
  } catch (error) {
    if (stop.aborted) return;
    logger.warn('It is not known whether tasks without a definition wait', {
      reason: describeUnknown(error),
    });
  }
};

const startTimers = (
  consumers: readonly QueueConsumer[],
  options: WorkerPartsOptions,
  onError: ErrorReport,
): { stop(): void | Promise<void> }[] => {
  const { plan, appConfig, logger, desk, connection } = options;
  const queues = createTaskQueues({ client: connection.client, prefix: appConfig.queuePrefix, logger });
  const { workerStalledIntervalMs: intervalMs, workerLockMs: lockMs } = appConfig;
  void warnOfUnregistered(queues, options);
  const ticker = createScheduleTicker({ tasks: plan.registeredTasks, connection, queues, appConfig, logger });
  const duties = startLedgerDuties({ logger, appConfig });
  return [
    ticker,
    createStalledCheck({
      queues: consumers,
      ping: () => connection.client.ping(),
      intervalMs,
      lockMs,
      onError: (error) => onError(error),
      now: () => performance.now(),
    }),
    createRetentionSweeper({
      tasks: plan.tasks,
      client: connection.client,
      prefix: appConfig.queuePrefix,
      logger,
    }),
    createDataLossWatch({
      client: connection.client,
      prefix: appConfig.queuePrefix,
      logger,
      hasLedger: duties !== undefined,
      intervalMs,
      onLost: () => {
        for (const consumer of consumers) consumer.rewriteLimits();
        ticker.doubt();
        duties?.onDataLost();
      },
    }),
    createEventLoopWatch({ logger, lockMs, takeRecentTasks: desk.takeRecentTasks }),
    ...(duties === undefined ? [] : [duties]),
  ];
};

type ConsumerParts = WorkerPartsOptions & { readonly gate: SlotGate; isListening(): boolean };

const createConsumer = (
  task: TaskDefinition<unknown>,
  { plan, appConfig, desk, attemptLedger, connection, logger, gate, isListening }: ConsumerParts,
  { onError, onRefused }: Reports,
): QueueConsumer => {
  const taskName = task.queueName;
  const access = createQueueAccess({ logger, appConfig });
  const cancelChildrenOf = (id: string): Promise<void> =>
    cancelChildren(toCancellation({ access, logger, appConfig }, { taskName, id }));
  return createQueueConsumer({
    task,
    client: connection.client,
    prefix: appConfig.queuePrefix,
    workerId: plan.id,
    concurrency: plan.concurrency,
    joinSlots: gate.join,
    lockMs: appConfig.workerLockMs,
    stalledIntervalMs: appConfig.workerStalledIntervalMs,
    isListening,
    readKeptRequest: async (id) => attemptLedger?.readCancelRequest(id),
    onCancelled: (stored) => {
      logger.info('Task cancelled before its next run', {
        taskName,
        taskId: stored.id,
        correlationId: correlationIdOf(stored),
        reason: stored.fields.cancelReason,
      });
      void attemptLedger?.noteCancelled(stored.id, stored.fields.cancelReason);
      void cancelChildrenOf(stored.id);
    },
    onDelivery: (delivery) => desk.take(task, delivery),
    onError: (error) => onError(error, taskName),
    onRefused,
    // One line for all of them: a dead worker may have run a thousand. The next run of each has a line of its own.
    onStalled: (taskIds) =>
      logger.warn('A worker died or lost its locks; the tasks that it ran were put back', {
        taskName,
        ...toTaskIdFacts(taskIds),
      }),
  });
};

type ErrorReport = (error: Error, taskName?: string) => void;

interface Reports {
  readonly onError: ErrorReport;
  onRefused(error: Error): void;
}

/** Characters of a refusal that are shown: what follows names the script that was refused. */
const REFUSAL_LENGTH = 80;

/** Says what goes wrong between the queues and Redis. A Redis that refuses refuses every queue: one line for all. */
const createReports = ({ logger, stop, attemptLedger }: WorkerPartsOptions): Reports => {
  const lostLockMessage =
    attemptLedger === undefined
      ? 'A run lost its lock; its result is discarded'
      : 'A run lost its lock; the ledger alone knows what it came to';
  const log = createRateLimitedLog({ logger });
  const onRefused = (error: Error): void =>
    log.warn(`refused ${toKind(error)}`, REFUSED_MESSAGE, { reason: error.message.slice(0, REFUSAL_LENGTH) });
  const onError = (error: Error, taskName?: string): void => {
    const facts = { ...(taskName === undefined ? {} : { taskName }), reason: error.message };
    if (isLostLock(error)) {
      log.warn('lost-lock', lostLockMessage, facts);
    } else if (isRefusal(error)) {
      onRefused(error);
    } else if (!stop.aborted) {
      // Once it stops, connections are cut on purpose.
      log.warn(toKind(error), 'A queue reports an error; the worker goes on', facts);
    }
  };
  return { onError, onRefused };
};

/** What a worker says while Redis is a replica, full, or loads. */
const REFUSED_MESSAGE = 'Redis refuses commands for now; tasks and results wait until it accepts them';

/** What tells errors apart in the log: the first word of what Redis says, a system's code, or the class. */
const toKind = (error: Error): string => {
  if (error.name === 'ReplyError') return error.message.split(' ', 1)[0] ?? error.name;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};
