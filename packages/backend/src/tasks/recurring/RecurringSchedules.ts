import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { type RecurringOptions, type RecurringSchedule } from '../domain/RecurringSchedule';
import { type ScheduleError, type ScheduleErrorCode } from '../domain/ScheduleError';
import { isScheduleId } from '../domain/ScheduleId';
import { nextRunMs, type ScheduleTiming } from '../domain/ScheduleTiming';
import { toRecurringSchedule } from '../domain/StoredSchedule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskHandle } from '../domain/TaskHandle';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { createQueueAccess } from '../queue/QueueAccess';
import { createScheduleAccess } from '../queue/ScheduleAccess';
import { type ScheduleStore } from '../queue/ScheduleStore';
import { checkRecurringCall, saveSchedule } from '../scheduler/RecurringCall';
import { findSchedule, toUnknownSchedule } from './FoundSchedule';
import { RecurringError, type RecurringErrorCode, toRecurringFailure } from './RecurringError';
import { startRunNow } from './RunNow';

/** How a recurring schedule is created. */
export interface CreateScheduleOptions extends RecurringOptions {
  /** The id of the request that asks for it. Default: none is kept. */
  readonly correlationId?: CorrelationId;
}

/**
 * Tells the recurring schedules of an application what to do. Every method may answer `tasks-disabled`, and
 * `queue-unavailable`: the command may have taken effect, and may be repeated, but for `runNow`.
 */
export interface RecurringSchedules {
  /**
   * Creates a schedule, or changes the one that has its id: timing, payload and options. A pause stays, and the next run
   * stays where it is unless the timing changed. Errors: `invalid-schedule`, `invalid-payload`, `invalid-task`.
   */
  create<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    timing: ScheduleTiming,
    options?: CreateScheduleOptions,
  ): Promise<Result<RecurringSchedule, RecurringError>>;
  /** Starts no further runs; those that have started go on. Safe to repeat. Error: `unknown-schedule`. */
  pause(id: string): Promise<Result<RecurringSchedule, RecurringError>>;
  /** Ends a pause; runs that fell into it are not made up for. Safe to repeat. Error: `unknown-schedule`. */
  resume(id: string): Promise<Result<RecurringSchedule, RecurringError>>;
  /** Deletes a schedule; runs that have started go on. Error: `unknown-schedule`. */
  delete(id: string): Promise<Result<void, RecurringError>>;
  /** Error: `unknown-schedule`. */
  get(id: string): Promise<Result<RecurringSchedule, RecurringError>>;
  /** All schedules, in the order of their ids. */
  list(): Promise<Result<readonly RecurringSchedule[], RecurringError>>;
  /**
   * Starts a run now, also while the schedule is paused; the next one stays where it is. Needs the definition in `tasks`.
   * Errors: `unknown-schedule`, `unknown-task`, `overlapping`, `invalid-schedule` for a wrong correlation ID,
   * `queue-unavailable`, `ledger-unavailable`, `ledger-refused`, `ledger-schema`. Not safe to repeat after an error whose
   * `metadata.isUnknown` is true: the run `metadata.taskId` may have started.
   */
  runNow(
    id: string,
    options?: { readonly correlationId?: CorrelationId },
  ): Promise<Result<TaskHandle, RecurringError>>;
}

/** What they are made of. */
export interface RecurringSchedulesOptions {
  /** Definitions, for `runNow`. Default: none. */
  readonly tasks?: readonly TaskDefinition<unknown>[];
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Creates the means to manage recurring schedules. Free: it shares the connection of the process's schedulers. The runs
 * are started by workers.
 *
 * @throws TaskRegistryError when the list of tasks is wrong.
 */
export const createRecurringSchedules = (options: RecurringSchedulesOptions): RecurringSchedules => {
  const registry = createTaskRegistry(options.tasks ?? []);
  const { appConfig, logger } = options;
  const access = createQueueAccess(options);
  const scheduleAccess = createScheduleAccess(access, appConfig.queuePrefix);
  const run = async <T>(
    command: (store: ScheduleStore) => Promise<Result<T, RecurringError>>,
  ): Promise<Result<T, RecurringError>> => {
    const answer = await scheduleAccess.run(command);
    return answer.mapErr(toRecurringFailure).andThen((result) => result);
  };
  return {
    create: async (task, payload, timing, given = {}) => {
      const correlationId = given?.correlationId;
      const request = checkCorrelationId(correlationId);
      if (request.isErr()) return err(request.error);
      const own = toRecurringOptions(given);
      const call = { task, payload, timing, options: own, origin: 'call', correlationId } as const;
      const checked = checkRecurringCall(call, appConfig);
      if (checked.isErr()) return err(toRecurringError(checked.error));
      return (await saveSchedule(checked.value, options)).mapErr(toRecurringError);
    },
    pause: (id) =>
      run(async (store) => {
        if (isScheduleId(id)) await store.pause(id);
        return show(store, id);
      }),
    resume: (id) => run((store) => resume(store, id)),
    delete: (id) =>
      run(async (store) =>
        isScheduleId(id) && (await store.remove(id)) ? ok() : err(await toUnknownSchedule(store, id)),
      ),
    get: (id) => run((store) => show(store, id)),
    list: () =>
      run(async (store) => {
        const { nowMs, schedules } = await store.readAll();
        return ok(schedules.map((each) => toRecurringSchedule(each.id, each.stored, { ...each, nowMs })));
      }),
    runNow: async (id, { correlationId = CorrelationId() } = {}) => {
      const request = checkCorrelationId(correlationId);
      if (request.isErr()) return err(request.error);
      const found = await run((store) => findSchedule(store, id));
      if (found.isErr()) return err(found.error);
      return startRunNow({ schedule: found.value, correlationId, registry, access, logger, appConfig });
    },
  };
};

/** What is no object is refused with the other options. */
const toRecurringOptions = (given: CreateScheduleOptions): RecurringOptions => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const { correlationId: _request, ...own } = given;
  return own;
};

const checkCorrelationId = (id: CorrelationId | undefined): Result<void, RecurringError> => {
  if (id === undefined) return ok();
  return parseCorrelationId(id).match(
    () => ok(),
    (cause) => err(new RecurringError(cause.message, { code: 'invalid-schedule', cause })),
  );
};

const show = async (store: ScheduleStore, id: string): Promise<Result<RecurringSchedule, RecurringError>> =>
  (await findSchedule(store, id)).map((found) => toRecurringSchedule(found.id, found.stored, found));

/** A run that lies ahead still stays where it was. One that went by was not missed: nobody wanted it. */
const resume = async (
  store: ScheduleStore,
  id: string,
): Promise<Result<RecurringSchedule, RecurringError>> => {
  for (;;) {
    const found = await findSchedule(store, id);
    if (found.isErr()) return err(found.error);
    const { pausedDueMs, nowMs, stored, fingerprint } = found.value;
    if (pausedDueMs === undefined) return show(store, id);
    const dueMs = nextRunMs(stored.timing, { gridMs: pausedDueMs, afterMs: nowMs });
    if (await store.resume({ id: found.value.id, fingerprint, dueMs })) return show(store, id);
  }
};

/**
 * `invalid-options` and `invalid-correlation-id` are about what becomes the schedule; no handler calls this, and the ledger has no
 * schedules.
 */
const CODES = {
  'invalid-payload': 'invalid-payload',
  'invalid-options': 'invalid-schedule',
  'invalid-task': 'invalid-task',
  'invalid-correlation-id': 'invalid-schedule',
  'ledger-unavailable': 'ledger-unavailable',
  'ledger-refused': 'ledger-refused',
  'ledger-schema': 'ledger-schema',
  'ledger-disabled': 'ledger-refused',
  'queue-unavailable': 'queue-unavailable',
  'tasks-disabled': 'tasks-disabled',
  'not-in-worker': 'invalid-schedule',
} as const satisfies Record<ScheduleErrorCode, RecurringErrorCode>;

const toRecurringError = ({ code, message, issues, cause }: ScheduleError): RecurringError =>
  new RecurringError(message, { code: CODES[code], issues, cause });
