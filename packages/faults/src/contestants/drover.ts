import { fileURLToPath } from 'node:url';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { RUNNING_MESSAGE } from '@backend/process/WorkerProcess';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { closeSharedLedgers } from '@backend/tasks/ledger/sharedTaskLedger';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { CorrelationId } from '@core/domain/CorrelationId';
import { LEDGER_BENCH } from '../plan/BenchSettings';
import { CLOCK_AHEAD_MS } from '../tasks/clockAhead';
import { EVIDENCE_FILE } from '../tasks/Evidence';
import { type Contestant, type ContestantSettings } from './Contestant';
import { faultTask, tasks } from './faultTask';

const PRELOAD = fileURLToPath(new URL('droverPreload.ts', import.meta.url));
const WORKER = fileURLToPath(new URL('../../../backend/src/worker.ts', import.meta.url));

const SCHEDULER = fileURLToPath(new URL('droverScheduler.ts', import.meta.url));
const RELAY = fileURLToPath(new URL('droverRelay.ts', import.meta.url));

const toEnvironment = (settings: ContestantSettings): Readonly<Record<string, string>> => ({
  NODE_ENV: 'production',
  LEDGER_URL: settings.ledgerUrl,
  LEDGER_DEADLINE_MS: String(LEDGER_BENCH.deadlineMs),
  LEDGER_RELAY_INTERVAL_MS: String(LEDGER_BENCH.relayIntervalMs),
  LEDGER_RELAY_AGE_MS: String(LEDGER_BENCH.relayAgeMs),
  LEDGER_RECONCILE_INTERVAL_MS: String(LEDGER_BENCH.reconcileIntervalMs),
  LEDGER_RECONCILE_AGE_MS: String(LEDGER_BENCH.reconcileAgeMs),
  REDIS_URL: `redis://127.0.0.1:${settings.port}`,
  DATA_DIR: settings.folder,
  WORKER_LOCK_MS: String(settings.lockMs),
  WORKER_STALLED_INTERVAL_MS: String(settings.stalledIntervalMs),
  WORKER_DRAIN_TIMEOUT_MS: String(settings.drainTimeoutMs),
  WORKER_CONCURRENCY: String(settings.concurrency),
  [EVIDENCE_FILE]: settings.evidencePath,
  [CLOCK_AHEAD_MS]: String(settings.clockAheadMs),
  DROVER_STOP_WITH_STDIN: '1',
});

/** Drover as it ships: `worker.ts`, and a scheduler and an inspector in the process of the bench. */
export const drover: Contestant = {
  side: 'drover',
  prefix: 'drover',
  queueName: '{fault.work}',
  readyText: JSON.stringify(RUNNING_MESSAGE),
  workerCommand: (settings) => ({
    command: [process.execPath, '--no-install', '--preload', PRELOAD, WORKER],
    env: toEnvironment(settings),
  }),
  schedulerCommand: (settings) => ({
    command: [process.execPath, '--no-install', SCHEDULER, JSON.stringify(settings)],
    env: {},
  }),
  relayCommand: (settings) => ({
    command: [process.execPath, '--no-install', RELAY],
    // It looks more often than the workers do, or there would be little left for it.
    env: { ...toEnvironment(settings), LEDGER_RELAY_INTERVAL_MS: '20' },
  }),
  openProducer: (settings) => {
    const appConfig = parseAppConfig(toEnvironment(settings))._unsafeUnwrap();
    const scheduler = createTaskScheduler({ logger: silentLogger, appConfig });
    const inspector = createTaskInspector({ tasks, logger: silentLogger, appConfig });
    return {
      cancel: async (taskId) => {
        const cancelled = await inspector.cancel(taskId as TaskId); // ours
        if (cancelled.isErr()) return cancelled.error.code === 'not-cancellable' ? 'ended' : 'unknown';
        return cancelled.value.status === 'cancelled' ? 'cancelled' : 'running';
      },
      schedule: async ({ correlationId, payload, delayMs, maxAttempts, backoffMs }) => {
        const options = {
          maxAttempts,
          ...(delayMs === 0 ? {} : { delayMs }),
          ...(backoffMs === undefined ? {} : { backoffMs }),
        };
        const scheduled = await scheduler.schedule(CorrelationId(correlationId), faultTask, payload, options);
        if (scheduled.isOk()) return { kind: 'acknowledged', taskId: scheduled.value.id };
        const { message, metadata } = scheduled.error;
        if (metadata['isUnknown'] !== true) return { kind: 'refused', message };
        return { kind: 'unknown', taskId: String(metadata['taskId']), message };
      },
      [Symbol.asyncDispose]: async () => {
        closeSharedConnections();
        await closeSharedLedgers();
      },
    };
  },
  openViewer: (settings) => {
    const environment = { ...toEnvironment(settings), REDIS_URL: `redis://127.0.0.1:${settings.redisPort}` };
    const appConfig = parseAppConfig(environment)._unsafeUnwrap();
    const inspector = createTaskInspector({ tasks, logger: silentLogger, appConfig });
    return {
      view: async (taskId) => {
        const found = await inspector.getTask(taskId as TaskId); // ours, or a number of plain BullMQ's
        if (found.isErr()) return { status: found.error.code, reason: undefined };
        return { status: found.value.status, reason: found.value.error?.reason };
      },
    };
  },
};
