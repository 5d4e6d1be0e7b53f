import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { accessFailureCode, describeAccessFailure, isSilence } from '../queue/AccessFailure';
import { type QueuePlace } from '../queue/locateTasks';
import { type LedgerError } from './LedgerError';
import { type PublishedQuery, type UnfinishedTask } from './LedgerOutbox';
import { type ReconcileError, toLedgerFailure, toQueueFailure } from './ReconcileError';

/** Asks a queue where its tasks are; one answer for each, in their order. */
export type FindPlaces = (
  taskName: string,
  ids: readonly TaskId[],
) => Promise<Result<readonly QueuePlace[], Error>>;

/** What must be known of a task to find it. */
export type NamedTask = Pick<UnfinishedTask, 'id' | 'taskName'>;

/** Tasks of one name. */
interface TasksOfName<Task extends NamedTask> {
  readonly taskName: string;
  readonly tasks: readonly Task[];
}

/** Tasks of one name, and where their queue has each; both in the same order. */
export interface LocatedTasks<Task extends NamedTask = NamedTask> extends TasksOfName<Task> {
  readonly places: readonly QueuePlace[];
}

interface PlaceWork<Task extends NamedTask> {
  readonly findPlaces: FindPlaces;
  /** Does something with tasks of one name, as soon as it is known where they are. */
  act(located: LocatedTasks<Task>): Promise<Result<void, LedgerError>>;
  /** The queue of these tasks refuses to say where they are. */
  onLeft(unlocated: TasksOfName<Task>, reason: string): void;
}

/**
 * Does something with tasks, name by name. A queue that refuses stands in the way of no other one. When Redis or the ledger does
 * not answer at all, it is over.
 */
export const walkPlaces = async <Task extends NamedTask>(
  tasks: readonly Task[],
  { findPlaces, act, onLeft }: PlaceWork<Task>,
): Promise<Result<void, ReconcileError>> => {
  for (const [taskName, own] of Map.groupBy(tasks, (task) => task.taskName)) {
    const places = await findPlaces(taskName, toIds(own));
    if (places.isErr()) {
      if (isForAll(places.error)) return err(toQueueFailure(places.error));
      onLeft({ taskName, tasks: own }, describeAccessFailure(places.error));
      continue;
    }
    const done = await act({ taskName, tasks: own, places: places.value });
    if (done.isErr()) return err(toLedgerFailure(done.error));
  }
  return ok();
};

interface PageWork extends PlaceWork<UnfinishedTask> {
  readonly pageSize: number;
  /** Lists a page, in the order of the ids. */
  list(
    page: Pick<PublishedQuery, 'limit' | 'afterId'>,
  ): Promise<Result<readonly UnfinishedTask[], LedgerError>>;
  /** Asked before each page. Default: never. */
  isStopped?(): boolean;
}

/** Does the same with all tasks of a list, page by page. */
export const walkPages = async (work: PageWork): Promise<Result<void, ReconcileError>> => {
  const { pageSize: limit, list, isStopped = () => false } = work;
  let page: Pick<PublishedQuery, 'limit' | 'afterId'> = { limit };
  while (!isStopped()) {
    const tasks = await list(page);
    if (tasks.isErr()) return err(toLedgerFailure(tasks.error));
    const walked = await walkPlaces(tasks.value, work);
    const last = tasks.value.at(-1);
    if (walked.isErr() || last === undefined || tasks.value.length < limit) return walked;
    page = { limit, afterId: last.id };
  }
  return ok();
};

const isForAll = (error: Error): boolean => isSilence(error) || accessFailureCode(error) === 'tasks-disabled';

/** Those of the tasks that no queue has. */
export const toAbsent = <Task extends NamedTask>({ tasks, places }: LocatedTasks<Task>): readonly Task[] =>
  tasks.filter((_task, index) => places[index]?.kind === 'absent');

/** The ids of tasks. */
export const toIds = (tasks: readonly { readonly id: TaskId }[]): readonly TaskId[] =>
  tasks.map(({ id }) => id);
