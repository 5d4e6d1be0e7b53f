import { err, ok, type Result } from 'neverthrow';
import { suggestion } from '../domain/nearestName';
import { showValue } from '../domain/numberRule';
import { isScheduleId, MAX_SCHEDULE_ID_LENGTH } from '../domain/ScheduleId';
import { type ScheduleSnapshot, type ScheduleStore } from '../queue/ScheduleStore';
import { RecurringError } from './RecurringError';

/** A schedule, and when it was read: milliseconds since 1970, by the clock of Redis. */
export type FoundSchedule = ScheduleSnapshot & { readonly nowMs: number };

/** Finds a schedule by what a caller takes for its id. Error: `unknown-schedule`. Rejects when Redis does not answer. */
export const findSchedule = async (
  store: ScheduleStore,
  id: string,
): Promise<Result<FoundSchedule, RecurringError>> => {
  const reading = isScheduleId(id) ? await store.read(id) : undefined;
  const [found] = reading?.schedules ?? [];
  if (reading === undefined || found === undefined) return err(await toUnknownSchedule(store, id));
  return ok({ ...found, nowMs: reading.nowMs });
};

/** Comparing a text of any length with every id would take any time. */
const mayBeMistyped = (id: unknown): id is string =>
  typeof id === 'string' && id.length <= MAX_SCHEDULE_ID_LENGTH;

/** The error for an id that no schedule has; it names the nearest one. */
export const toUnknownSchedule = async (store: ScheduleStore, id: string): Promise<RecurringError> => {
  const hint = mayBeMistyped(id) ? suggestion(id, await store.listIds()) : '';
  return new RecurringError(`no recurring schedule has the id ${showValue(id)}.${hint}`, {
    code: 'unknown-schedule',
  });
};
