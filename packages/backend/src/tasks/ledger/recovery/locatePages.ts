import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerError } from '../LedgerError';
import { type UnfinishedTask } from '../LedgerOutbox';
import { type ReconcileError } from '../ReconcileError';
import { type FindPlaces, toLedgerFailure, toQueueFailure } from '../reconcilePage';
import { type LocatedTasks, toIds } from './Recovery';

/** Asks the queues where tasks are. */
export const locate = async (
  findPlaces: FindPlaces,
  tasks: readonly UnfinishedTask[],
): Promise<Result<readonly LocatedTasks[], ReconcileError>> => {
  const located: LocatedTasks[] = [];
  for (const [taskName, own] of Map.groupBy(tasks, (task) => task.taskName)) {
    const places = await findPlaces(taskName, toIds(own));
    if (places.isErr()) return err(toQueueFailure(places.error));
    located.push({ taskName, tasks: own, places: places.value });
  }
  return ok(located);
};

interface PageWork {
  readonly findPlaces: FindPlaces;
  readonly pageSize: number;
  list(afterId: TaskId | undefined): Promise<Result<readonly UnfinishedTask[], LedgerError>>;
  act(located: LocatedTasks): Promise<Result<void, LedgerError>>;
}

/** Does something with all tasks of a list, page by page, as soon as it is known where they are. */
export const locatePages = async (work: PageWork): Promise<Result<void, ReconcileError>> => {
  for (let afterId: TaskId | undefined; ; ) {
    const tasks = await work.list(afterId);
    if (tasks.isErr()) return err(toLedgerFailure(tasks.error));
    const located = await locate(work.findPlaces, tasks.value);
    if (located.isErr()) return err(located.error);
    for (const each of located.value) {
      const done = await work.act(each);
      if (done.isErr()) return err(toLedgerFailure(done.error));
    }
    if (tasks.value.length < work.pageSize) return ok();
    afterId = tasks.value.at(-1)?.id;
  }
};
