import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { accessFailureCode, describeAccessFailure, isSilence } from '../queue/AccessFailure';
import { type QueuePlace } from '../queue/locateTasks';
import { type LedgerError } from './LedgerError';
import { type UnfinishedQuery, type UnfinishedTask } from './LedgerOutbox';
import { ReconcileError } from './ReconcileError';
import { type TaskLedger } from './TaskLedger';
import { writeQueueEnd } from './writeQueueEnd';

/** Asks a queue where its tasks are; one answer for each, in their order. */
export type FindPlaces = (
  taskName: string,
  ids: readonly TaskId[],
) => Promise<Result<readonly QueuePlace[], Error>>;

/** What a comparison of ledger and queues came to. */
export interface ReconcileReport {
  /** Unfinished tasks that were compared with their queues. */
  readonly checkedCount: number;
  /** Tasks that no queue knew, and that the relay publishes again. */
  readonly republishedCount: number;
  /** Tasks that had ended, and of which the ledger did not know it. */
  readonly endedCount: number;
  /** Tasks that could not be compared, or whose end could not be written; the next comparison tries again. */
  readonly leftCount: number;
}

/** Tasks of one name that were left, and why. */
export interface LeftInPlace {
  readonly taskName: string;
  readonly taskCount: number;
  /** In words. */
  readonly reason: string;
}

interface PageReconciliation {
  readonly ledger: Pick<TaskLedger, 'writer' | 'outbox'>;
  readonly findPlaces: FindPlaces;
  readonly tasks: readonly UnfinishedTask[];
  readonly query: Pick<UnfinishedQuery, 'untouchedSinceMs' | 'runningSinceMs'>;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  onLeft(left: LeftInPlace): void;
}

/** What a comparison of nothing comes to. */
export const NOTHING_DONE: ReconcileReport = {
  checkedCount: 0,
  republishedCount: 0,
  endedCount: 0,
  leftCount: 0,
};

/**
 * Compares tasks with their queues. Between the reading of their rows and the question to the queue a task may have moved:
 * one that a worker has ended is ended in the ledger before its job is; one that was touched is left alone by `unpublish`.
 *
 * A queue that refuses, or an end that cannot be written, stands in the way of no other one. When Redis or the ledger does not
 * answer at all, the comparison is over.
 */
export const reconcilePage = async (
  page: PageReconciliation,
): Promise<Result<ReconcileReport, ReconcileError>> => {
  let report = NOTHING_DONE;
  for (const [taskName, tasks] of Map.groupBy(page.tasks, ({ taskName }) => taskName)) {
    const ids = tasks.map(({ id }) => id);
    const places = await page.findPlaces(taskName, ids);
    if (places.isErr()) {
      if (isForAll(places.error)) return err(toQueueFailure(places.error));
      const leftCount = ids.length;
      page.onLeft({ taskName, taskCount: leftCount, reason: describeAccessFailure(places.error) });
      report = addReports(report, { ...NOTHING_DONE, leftCount });
      continue;
    }
    const settled = await settlePlaces(page, { taskName, ids, places: places.value });
    if (settled.isErr()) return err(toLedgerFailure(settled.error));
    report = addReports(report, settled.value);
  }
  return ok(report);
};

const isForAll = (error: Error): boolean => isSilence(error) || accessFailureCode(error) === 'tasks-disabled';

interface PlacesOfName {
  readonly taskName: string;
  readonly ids: readonly TaskId[];
  readonly places: readonly QueuePlace[];
}

const settlePlaces = async (
  { ledger: { writer, outbox }, query, nowMs, onLeft }: PageReconciliation,
  { taskName, ids, places }: PlacesOfName,
): Promise<Result<ReconcileReport, LedgerError>> => {
  const lost = ids.filter((_id, index) => places[index]?.kind === 'absent');
  const ended = places.filter((place) => place.kind === 'ended');
  const unpublished = await outbox.unpublish(lost, query);
  if (unpublished.isErr()) return err(unpublished.error);
  const written = await Promise.all(ended.map((place) => writeQueueEnd(writer, place, nowMs)));
  const failures = written.flatMap((each) => (each.isErr() ? [each.error] : []));
  const [first] = failures;
  const leftCount = failures.length;
  if (first !== undefined) onLeft({ taskName, taskCount: leftCount, reason: first.message });
  const endedCount = written.filter((each) => each.unwrapOr(false)).length;
  return ok({ checkedCount: ids.length, republishedCount: unpublished.value, endedCount, leftCount });
};

/** Adds up what was done. */
export const addReports = (one: ReconcileReport, other: ReconcileReport): ReconcileReport => ({
  checkedCount: one.checkedCount + other.checkedCount,
  republishedCount: one.republishedCount + other.republishedCount,
  endedCount: one.endedCount + other.endedCount,
  leftCount: one.leftCount + other.leftCount,
});

/** The failure of the queues as that of a comparison. */
export const toQueueFailure = (cause: Error): ReconcileError =>
  new ReconcileError(describeAccessFailure(cause), { code: 'queue-unavailable', cause });

/** The ledger's failure as that of a comparison. */
export const toLedgerFailure = (cause: LedgerError): ReconcileError =>
  new ReconcileError(cause.message, { code: 'ledger-unavailable', cause });
