import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import {
  type RecurringOptions,
  type RecurringSchedule,
  recurringOptionProblems,
  type ScheduleOrigin,
} from '../domain/RecurringSchedule';
import { ScheduleError } from '../domain/ScheduleError';
import { type ScheduleId, toDefaultScheduleId } from '../domain/ScheduleId';
import { nextRunMs, type ScheduleTiming, timingProblems, toCompleteTiming } from '../domain/ScheduleTiming';
import { isSameTiming, type StoredSchedule, toRecurringSchedule } from '../domain/StoredSchedule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { accessFailureCode, describeAccessFailure } from '../queue/AccessFailure';
import { createQueueAccess } from '../queue/QueueAccess';
import { createScheduleAccess } from '../queue/ScheduleAccess';
import { type ScheduleReading, type ScheduleStore, type ScheduleWrite } from '../queue/ScheduleStore';
import { checkDefinition } from './DefinitionCheck';
import { checkPayload } from './PayloadCheck';

/** A recurring schedule as somebody asks for it. */
export interface RecurringCall {
  readonly task: TaskDefinition<unknown>;
  readonly payload: unknown;
  readonly timing: ScheduleTiming;
  readonly options: RecurringOptions;
  readonly origin: ScheduleOrigin;
  readonly correlationId?: CorrelationId | undefined;
}

/** A schedule that was checked and is to be kept. */
export interface CheckedSchedule {
  readonly id: ScheduleId;
  readonly stored: StoredSchedule;
}

/** Checks a call; what comes back is what is to be kept. */
export const checkRecurringCall = (
  { task, payload, timing, options, origin, correlationId }: RecurringCall,
  { taskMaxPayloadBytes }: Pick<AppConfig, 'taskMaxPayloadBytes'>,
): Result<CheckedSchedule, ScheduleError> => {
  const definition = checkDefinition(task);
  if (definition.isErr()) return err(definition.error);
  const taskName = task.queueName;
  const problems = [...timingProblems(timing), ...recurringOptionProblems(options)];
  if (problems.length > 0) return err(refuse(taskName, problems.join('; ')));
  return checkPayload(task, payload, taskMaxPayloadBytes).map((checked) => {
    const complete = toCompleteTiming(timing);
    const {
      id = toDefaultScheduleId(taskName, checked, complete),
      missed = 'once',
      overlap = 'allow',
    } = options;
    const stored = {
      v: 1,
      taskName,
      payload: checked,
      timing: complete,
      missed,
      overlap,
      origin,
      correlationId,
    } as const;
    return { id: id as ScheduleId, stored }; // just checked
  });
};

const refuse = (taskName: string, problem: string): ScheduleError =>
  new ScheduleError(`the recurring schedule of ${taskName} is refused: ${problem}`, {
    code: 'invalid-options',
  });

/** How often a schedule that others change at the same time is written again. */
const MAX_WRITES = 5;

/**
 * Keeps a schedule: a new one, or in place of the one that has its id. `queue-unavailable` when Redis does not answer one
 * of the steps: if that was the last one, the schedule may be kept all the same.
 */
export const saveSchedule = async (
  schedule: CheckedSchedule,
  parts: { readonly logger: ILogger; readonly appConfig: AppConfig },
): Promise<Result<RecurringSchedule, ScheduleError>> => {
  const { queuePrefix } = parts.appConfig;
  const access = createScheduleAccess(createQueueAccess(parts), queuePrefix);
  const saved = await access.run((store) => writeSchedule(store, schedule));
  const { taskName } = schedule.stored;
  return saved
    .mapErr((cause) => toNotKept(taskName, describeAccessFailure(cause), cause))
    .andThen((result) => result);
};

/** Keeps no schedule: what is called in a transaction must not be there when that is rolled back. */
export const refuseInTransaction = async ({
  stored: { taskName },
}: CheckedSchedule): Promise<Result<RecurringSchedule, ScheduleError>> => err(toNotInTransaction(taskName));

/** What `scheduleRecurring` answers within a transaction. */
export const toNotInTransaction = (taskName: string): ScheduleError =>
  new ScheduleError(
    `the recurring schedule of ${taskName} was not kept: schedules are no part of transactions; call scheduleRecurring after the commit`,
    { code: 'invalid-options' },
  );

/** Reads, decides and writes, again if it was changed in between. Rejects when Redis does not answer or refuses. */
export const writeSchedule = async (
  store: Pick<ScheduleStore, 'read' | 'write'>,
  schedule: CheckedSchedule,
): Promise<Result<RecurringSchedule, ScheduleError>> => {
  for (let count = 0; count < MAX_WRITES; count += 1) {
    const write = decideWrite(await store.read(schedule.id), schedule);
    if (write.isErr()) return err(write.error);
    if (!(await store.write(write.value))) continue;
    const { nowMs, schedules } = await store.read(schedule.id);
    const [kept] = schedules;
    if (kept !== undefined) return ok(toRecurringSchedule(kept.id, kept.stored, { ...kept, nowMs }));
  }
  const reason = `others have changed ${schedule.id} ${MAX_WRITES} times meanwhile, or run another version`;
  return err(toNotKept(schedule.stored.taskName, reason));
};

/** The next run is worked out anew only for a new timing: a service that starts again must not put it off. */
const decideWrite = (
  { nowMs, schedules: [existing] }: ScheduleReading,
  { id, stored }: CheckedSchedule,
): Result<ScheduleWrite, ScheduleError> => {
  const problem = existing === undefined ? undefined : ownerProblem(id, existing.stored, stored);
  if (problem !== undefined) return err(refuse(stored.taskName, problem));
  const isUnmoved = existing !== undefined && isSameTiming(existing.stored.timing, stored.timing);
  const dueMs = isUnmoved ? undefined : nextRunMs(stored.timing, { gridMs: nowMs, afterMs: nowMs });
  return ok({ id, stored, fingerprint: existing?.fingerprint, dueMs });
};

/** Two that share an id by mistake would change each other's schedule for ever. */
const ownerProblem = (
  id: ScheduleId,
  existing: StoredSchedule,
  stored: StoredSchedule,
): string | undefined => {
  if (existing.taskName !== stored.taskName)
    return `expected id to be free or that of a schedule of the same task, got "${id}", which ${existing.taskName} has: delete it first`;
  if (existing.origin === 'definition' && stored.origin === 'call')
    return `expected id to be free, got "${id}", which the definition's option recurring has`;
  return undefined;
};

/** The error for a schedule that is not kept, or not for certain. */
export const toNotKept = (taskName: string, reason: string, cause?: Error): ScheduleError =>
  new ScheduleError(`the recurring schedule of ${taskName} could not be kept: ${reason}`, {
    code: cause === undefined ? 'queue-unavailable' : accessFailureCode(cause),
    cause,
  });
