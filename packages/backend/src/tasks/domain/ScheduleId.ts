import { createHash } from 'node:crypto';
import { CorrelationId } from '@core/domain/CorrelationId';
import { parse, v5, v7 } from 'uuid';
import { showValue } from './numberRule';
import { type CompleteTiming } from './ScheduleTiming';
import { type TaskId } from './TaskId';

declare const scheduleIdBrand: unique symbol;

/** The id of a recurring schedule: 1 to 128 characters of A-Z a-z 0-9 . _ : - */
export type ScheduleId = string & { readonly [scheduleIdBrand]: 'ScheduleId' };

/** Characters that an id may have. */
export const MAX_SCHEDULE_ID_LENGTH = 128;

const SCHEDULE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Characters of a task's name in a default id; the hash needs the rest. */
const NAME_LENGTH = 115;

/** The namespace of the ids of runs (RFC 9562, version 5). */
const RUNS = '0f6f8a52-54a5-4c0b-9d53-0d3b5a2f7c44';

/** Says whether a value is an id of a schedule. */
export const isScheduleId = (value: unknown): value is ScheduleId =>
  typeof value === 'string' && SCHEDULE_ID.test(value);

/** Says what is wrong with an id, or nothing. */
export const scheduleIdProblems = (id: unknown, field = 'id'): string[] =>
  isScheduleId(id)
    ? []
    : [`expected ${field} to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got ${showValue(id)}`];

/**
 * The id of a schedule that was given none: the task's name and a hash of payload and timing. So a service that creates
 * the same schedule at each start has one.
 */
export const toDefaultScheduleId = (
  taskName: string,
  payload: unknown,
  timing: CompleteTiming,
): ScheduleId => {
  const hash = createHash('sha256')
    .update(JSON.stringify([payload, timing]))
    .digest('hex')
    .slice(0, 12);
  return `${taskName.slice(0, NAME_LENGTH)}-${hash}` as ScheduleId; // a task's name has no other characters
};

/** The id of the schedule that a definition declares: the task's name. */
export const toDefinedScheduleId = (taskName: string): ScheduleId => taskName as ScheduleId; // it has no other characters

/**
 * The id of the task that is the run of a schedule at a time: always the same, so that a run that is added twice is one
 * task. It sorts by that time, as all task ids do.
 */
export const toRunTaskId = (id: ScheduleId, dueMs: number): TaskId =>
  v7({ msecs: dueMs, random: parse(v5(`${dueMs}:${id}`, RUNS)) }) as TaskId; // a UUIDv7, as task ids are

/** The correlation ID of a run: its own, and the same for whoever adds the run. */
export const toRunCorrelationId = (taskId: TaskId): CorrelationId => CorrelationId(v5(taskId, RUNS));
