import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type RecurringSchedule } from '../../domain/RecurringSchedule';
import { type ResolveResource } from '../../domain/ResourceToken';
import { toRecurringSchedule } from '../../domain/StoredSchedule';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskRecord } from '../../domain/TaskRecord';
import { reconcileSchedules } from '../../recurring/reconcileSchedules';
import { checkDefinition } from '../../scheduler/DefinitionCheck';
import { createSchedulerFor, type TaskScheduler } from '../../scheduler/TaskScheduler';
import { type TaskFamily } from '../../worker/TaskFamily';
import { type ScheduledTask } from '../ScheduledTask';
import { createCallRecords } from './CallRecords';
import { runMemoryAttempt } from './MemoryAttempt';
import { createMemoryFamily } from './MemoryFamily';
import { createMemoryHandlePort } from './MemoryHandlePort';
import { createMemoryQueue } from './MemoryQueue';
import { createMemorySchedules } from './MemorySchedules';
import { createMemorySlot } from './MemorySlot';
import { createMemoryTarget, type MemoryTarget } from './MemoryTarget';
import { toTaskRecord } from './MemoryTask';
import { createMemoryWait } from './MemoryWait';
import { toRecordingScheduler } from './RecordingScheduler';
import { createTestClock } from './TestClock';
import { createTimeline, type Timeline } from './Timeline';
import { toTestEnvironment } from './testEnvironment';

/** Scheduler, queue and worker of a test, all in memory. */
export interface MemoryWorld {
  readonly scheduler: TaskScheduler;
  readonly target: MemoryTarget;
  readonly timeline: Timeline;
  /** What handlers schedule with. */
  readonly family: TaskFamily;
  /** The calls that were accepted; grows. */
  readonly calls: readonly ScheduledTask[];
  /** Milliseconds since 1970. */
  nowMs(): number;
  getTask(id: string): TaskRecord | undefined;
  listTasks(): readonly TaskRecord[];
  listSchedules(): Promise<readonly RecurringSchedule[]>;
}

interface MemoryWorldOptions {
  /** What the worker knows; `undefined`: everything that is scheduled. */
  readonly tasks: readonly TaskDefinition<unknown>[] | undefined;
  readonly startMs: number;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** Finds shared resources for handlers. */
  readonly resolve: ResolveResource;
  random(): number;
  readonly patienceMs: number;
}

/** Wires a world whose clock stands still. */
export const createMemoryWorld = ({
  tasks,
  startMs,
  appConfig,
  logger,
  resolve,
  random,
  patienceMs,
}: MemoryWorldOptions): MemoryWorld => {
  const clock = createTestClock(startMs);
  const { nowMs } = clock;
  const definitions = new Map((tasks ?? []).map((task) => [task.queueName, task]));
  const known = tasks === undefined ? undefined : new Set(definitions.keys());
  const findTask = (name: string) => definitions.get(name);
  const queue = createMemoryQueue({
    nowMs,
    isRunnable: ({ task }) => known?.has(task.queueName) ?? true,
  });
  const schedules = createMemorySchedules({
    nowMs,
    maxAttempts: appConfig.taskMaxAttempts,
    findTask,
    add: queue.add,
  });
  const declared = appConfig.tasksEnabled ? (tasks ?? []) : [];
  let declaring: Promise<void> | undefined;
  const declare = (): Promise<void> => {
    const { store } = schedules;
    declaring ??= reconcileSchedules({ tasks: declared, store, appConfig, logger, scope: 'all' });
    return declaring;
  };
  const slot = createMemorySlot(patienceMs);
  const records = createCallRecords();
  /** What is no definition is refused by the call that names it. */
  const remember = (task: TaskDefinition<unknown>): void => {
    if (checkDefinition(task).isOk() && known?.has(task.queueName) !== true)
      definitions.set(task.queueName, task);
  };
  const timeline = createTimeline({
    clock,
    queue,
    schedules,
    slot,
    run: (task, taken) => runMemoryAttempt({ queue, task, environment, slot: taken }),
    declare,
  });
  const wait = createMemoryWait({ clock, slot, timeline, watch: queue.watch });
  const target = createMemoryTarget({
    queue,
    schedules,
    nowMs,
    findTask,
    declare,
    port: createMemoryHandlePort({ queue, wait, logger, tasksEnabled: appConfig.tasksEnabled }),
  });
  const family = createMemoryFamily({
    appConfig,
    logger,
    clock,
    queue,
    target,
    onCall: ({ task }) => remember(task),
    records,
  });
  const now = () => new Date(nowMs());
  const environment = { ...toTestEnvironment({ appConfig, logger, clock, now, resolve, random }), family };
  const scheduler = toRecordingScheduler(createSchedulerFor(target, appConfig), {
    onCall: remember,
    records,
  });
  return {
    scheduler,
    target,
    timeline,
    family,
    calls: records.list,
    nowMs,
    getTask: (id) => {
      const task = queue.get(id);
      return task && toTaskRecord(task);
    },
    listTasks: () => queue.list().map(toTaskRecord),
    listSchedules: async () => {
      await declare();
      const { schedules: kept } = await schedules.store.readAll();
      return kept.map((each) => toRecurringSchedule(each.id, each.stored, { ...each, nowMs: nowMs() }));
    },
  };
};
