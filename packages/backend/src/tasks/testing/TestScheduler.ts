import { type AppConfig } from '@backend/config/AppConfig';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { type RecurringSchedule } from '../domain/RecurringSchedule';
import { resolveFrom } from '../domain/ResourceToken';
import { type ScheduleError } from '../domain/ScheduleError';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskScheduler } from '../scheduler/TaskScheduler';
import { checkAdvance, checkAskedTask, checkTestSchedulerOptions } from './checkTestOptions';
import { type Expected } from './listDifferences';
import { createMemoryWorld } from './memory/MemoryWorld';
import { type ResourceValues } from './memory/testEnvironment';
import { type ScheduledTask } from './ScheduledTask';
import { findScheduled, refuseScheduled } from './ScheduleExpectation';

/** A scheduler without Redis, and the worker that runs its tasks on a clock that the test moves. */
export interface TestScheduler extends TaskScheduler {
  /** The time of the test's clock. */
  now(): Date;
  /**
   * Runs everything that is due, and what follows from it: children, and further attempts, over whose waits the clock moves.
   * What is put off, or asked to run later, waits for `advance`.
   */
  drain(): Promise<void>;
  /**
   * Moves the clock and runs what becomes due, in the order in which one worker with one slot would: by priority, then by
   * turn. `advance(0)` runs what is due now.
   *
   * @param ms Milliseconds; a whole number from 0 to 10 years.
   */
  advance(ms: number): Promise<void>;
  /** The calls that were accepted, in their order, as they were made; those of handlers too, each child once. */
  scheduled(): readonly ScheduledTask[];
  scheduled<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
  ): readonly ScheduledTask<Input>[];
  /**
   * Finds the first call of `schedule` that is like this. Fields that are left out may have any value; a function in
   * the place of one is asked, such as `(text) => text.startsWith('Re:')`.
   *
   * @throws ScheduleExpectationError that shows the nearest call; TestingError when `task` is no definition.
   */
  expectScheduled<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    payload?: Expected<NoInfer<Input>>,
    options?: Expected<ScheduleOptions>,
  ): ScheduledTask<Input>;
  /**
   * Checks that nothing was scheduled, or nothing of a task.
   *
   * @throws ScheduleExpectationError that lists the calls.
   */
  expectNothingScheduled(task?: Pick<TaskDefinition, 'queueName'>): void;
  /** What is known of a task; `undefined` for an id that this scheduler has not given out. */
  getTask(id: string): TaskRecord | undefined;
  /** All tasks, in the order in which they were scheduled. */
  listTasks(): readonly TaskRecord[];
  /** All recurring schedules, in the order of their ids; also those that the definitions in `tasks` declare. */
  listSchedules(): Promise<readonly RecurringSchedule[]>;
  /**
   * Lets the next call that is not refused for another reason fail; called twice, the next two.
   *
   * @param error What it answers. Default: what a scheduler answers while Redis is away.
   */
  failNext(error?: ScheduleError): void;
  /** Lets the answer of the next such call get lost: it fails with `metadata.isUnknown`, and its task runs all the same. */
  loseNext(): void;
}

/** How a test's scheduler works; every field may be left out. */
export interface TestSchedulerOptions {
  /** The tasks that the worker knows; those of others stay pending. Default: every task that is scheduled. */
  readonly tasks?: readonly TaskDefinition<unknown>[];
  /** Where the clock begins. Default: now. */
  readonly now?: Date;
  /** Default: the defaults of all variables. */
  readonly appConfig?: AppConfig;
  /** Default: a logger that says nothing. */
  readonly logger?: ILogger;
  /** What `ctx.resolve` finds: tokens and their values. Default: nothing. */
  readonly resources?: ResourceValues;
  /** From 0 to 1, for the jitter of waits. Default: always 0, which adds 10 %. */
  readonly random?: () => number;
  /**
   * Milliseconds of real time after which a handler that has not ended counts as waiting for its signal: the clock goes on
   * to its time limit, or `advance` without it. 1 to 60,000. Default: 1000.
   */
  readonly patienceMs?: number;
}

/**
 * Creates a scheduler for tests: no Redis, no waiting. It checks calls, decides outcomes and deduplicates with the code of
 * the real one and of the worker. Nothing runs before `drain`, `advance` or a handle's `result` or `events` is called.
 *
 * @throws TaskRegistryError when the list of tasks is wrong; TestingError when another option is.
 */
export const createTestScheduler = (options: TestSchedulerOptions = {}): TestScheduler => {
  const { appConfig, now, logger, resources, ...rest } = checkTestSchedulerOptions(options);
  const world = createMemoryWorld({
    ...rest,
    appConfig,
    logger: guardedLogger(logger),
    resolve: resolveFrom(resources),
    startMs: now.getTime(),
  });
  const { calls, scheduler, timeline, target } = world;
  const callsOf = (task?: Pick<TaskDefinition, 'queueName'>): readonly ScheduledTask[] => {
    if (task === undefined) return [...calls];
    checkAskedTask(task);
    return calls.filter(({ taskName }) => taskName === task.queueName);
  };
  return {
    ...scheduler,
    now: () => new Date(world.nowMs()),
    drain: () => timeline.drain(),
    advance: async (ms) => {
      checkAdvance(ms);
      await timeline.advance(ms);
    },
    scheduled: (task?: Pick<TaskDefinition, 'queueName'>) => callsOf(task) as never, // the payloads are those of its calls
    expectScheduled: (task, payload, expectedOptions) => {
      checkAskedTask(task);
      return findScheduled(calls, { task, payload, options: expectedOptions }) as never; // the same
    },
    expectNothingScheduled: (task) => refuseScheduled(callsOf(task)),
    getTask: (id) => world.getTask(id),
    listTasks: () => world.listTasks(),
    listSchedules: () => world.listSchedules(),
    failNext: (error) => target.inject({ kind: 'refused', error }),
    loseNext: () => target.inject({ kind: 'lost' }),
  };
};
