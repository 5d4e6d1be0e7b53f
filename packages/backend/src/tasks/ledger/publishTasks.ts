import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { PublishError } from '../queue/publish';
import { type JobInput } from '../queue/TaskQueues';
import { type LedgerError } from './LedgerError';
import {
  type LedgerOutbox,
  type UnpublishedTask,
  type UnpublishedTasks,
  type UnreadableTask,
} from './LedgerOutbox';
import { toJob } from './toJob';

/** Hands a job to Redis; answers the id of the job that is on the queue. */
export type PublishJob = (job: JobInput) => Promise<Result<TaskId, PublishError>>;

/** A task that did not get onto its queue. */
export interface UnplacedTask {
  /** Of one that cannot be read no more is known than its name. */
  readonly task: Pick<UnpublishedTask, 'id' | 'taskName'> & Partial<UnpublishedTask>;
  readonly error: PublishError;
}

/** What became of tasks that were to be published. */
export interface PublishedTasks {
  readonly count: number;
  /** Tasks that are on their queues, those included that another one stands for. */
  readonly placedCount: number;
  readonly unplaced: readonly UnplacedTask[];
}

interface PublishTasksOptions extends UnpublishedTasks {
  readonly outbox: LedgerOutbox;
  readonly publish: PublishJob;
  /** Whether the caller has claimed them. */
  readonly isClaimed: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Puts tasks on their queues, all at once, and writes that they are there: claimed ones before this answers, others soon.
 * Claimed ones that were never sent, because there is no connection, are given back. Others that Redis did not take stay
 * claimed: they stand in nobody's way for a while. One for which the queue answers another one is cancelled: whoever scheduled
 * it has its id.
 */
export const publishTasks = async (
  options: PublishTasksOptions,
): Promise<Result<PublishedTasks, LedgerError>> => {
  const { outbox, tasks, unreadable, isClaimed, nowMs } = options;
  const answers = await Promise.all(
    tasks.map(async (task) => ({ task, answer: await publishSafely(options.publish, task, nowMs) })),
  );
  const unplaced = unreadable.map(toUnplaced);
  const published: TaskId[] = [];
  const absorbed: (readonly [id: TaskId, byId: TaskId])[] = [];
  for (const { task, answer } of answers) {
    if (answer.isErr()) unplaced.push({ task, error: answer.error });
    else if (answer.value === task.id) published.push(task.id);
    else absorbed.push([task.id, answer.value]);
  }
  const unsent = unplaced.filter(({ error }) => error.code === 'unreachable').map(({ task }) => task.id);
  const written: Result<void, LedgerError>[] = [];
  if (isClaimed) written.push(await outbox.markPublished(published), await outbox.release(unsent));
  else for (const id of published) outbox.notePublished(id);
  for (const [id, byId] of absorbed) written.push(await outbox.cancelAbsorbed(id, byId));
  const failure = written.find((each) => each.isErr());
  if (failure?.isErr()) return err(failure.error);
  const count = tasks.length + unreadable.length;
  return ok({ count, placedCount: count - unplaced.length, unplaced });
};

const toUnplaced = ({ problem, ...task }: UnreadableTask): UnplacedTask => ({
  task,
  error: toUnusable(new Error(problem)),
});

/** Of a row that another program wrote there may be no job to make: that must not stop the others. */
const toUnusable = (thrown: unknown): PublishError => {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new PublishError(`the task cannot be made a job: ${message}`, { code: 'unusable', cause: thrown });
};

const publishSafely = async (
  publish: PublishJob,
  task: UnpublishedTask,
  nowMs: number,
): Promise<Result<TaskId, PublishError>> => {
  try {
    return await publish(toJob(task, nowMs));
  } catch (thrown) {
    return err(toUnusable(thrown));
  }
};
