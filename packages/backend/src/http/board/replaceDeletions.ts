import { type RedisClient } from '@backend/redis/createRedisClient';
import { taskIdTimeMs } from '@backend/tasks/domain/TaskId';
import { type ChangedTask } from '@backend/tasks/ledger/TaskCancellation';
import { toCancelledKey } from '@backend/tasks/queue/CancelledTasks';
import { deleteCancelled } from '@backend/tasks/queue/deleteCancelled';
import { type BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { type Job, type JobType, type Queue } from 'bullmq';
import { type BoardCanceller } from './BoardCanceller';
import { BoardRefusal } from './BoardRefusal';
import { cancelInsteadOfDeleting } from './cancelInsteadOfDeleting';
import { cancelMany, MAX_CANCELLED } from './cancelMany';
import { createRequestLimit, type RequestLimit } from './RequestLimit';

/** What deletes the tasks of one queue. */
export interface DeletionParts {
  readonly client: RedisClient;
  readonly queue: Queue;
  /** What cancels them; `undefined` when there is no ledger, which would bring back what is deleted. */
  canceller(): BoardCanceller | undefined;
}

/** Where tasks wait for a worker: those that `empty` is for. */
const READY = ['prioritized', 'wait'] as const satisfies readonly JobType[];

/** Where tasks wait, for whatever. */
const WAITING = [...READY, 'delayed', 'waiting-children'] as const satisfies readonly JobType[];

/** Where tasks are that have not ended. */
const UNFINISHED = ['active', ...WAITING] as const satisfies readonly JobType[];

/** Cancelled tasks that are deleted at the same time. */
const CANCELLED_CHUNK = 1000;

/** States as Bull Board names them, of which the tasks are cleaned. */
const STATES: ReadonlyMap<string, (typeof WAITING)[number]> = new Map([
  ...WAITING.map((state) => [state, state] as const),
  ['waiting', 'wait'],
]);

/** States whose tasks have ended: these are deleted. */
const ENDED: readonly string[] = ['completed', 'failed'];

/**
 * Replaces what deletes many tasks of a queue. With a ledger those that have not ended are cancelled: emptying and cleaning
 * leave alone what runs by then, a forced obliterate asks it to stop. Without one they are deleted, as BullMQ does it.
 */
export const replaceDeletions = (adapter: BullMQAdapter, parts: DeletionParts): void => {
  const { queue, canceller } = parts;
  const clean = adapter.clean.bind(adapter);
  const empty = adapter.empty.bind(adapter);
  const obliterate = adapter.obliterate.bind(adapter);
  adapter.clean = async (state, graceMs) => {
    const cancels = canceller();
    if (cancels === undefined || ENDED.includes(state)) return clean(state, graceMs);
    const set = STATES.get(state);
    if (set === undefined) throw toStateRefusal(state);
    await cancelWaiting(queue, cancels, { sets: [set], madeUntilMs: Date.now() - graceMs });
  };
  adapter.empty = async () => {
    const cancels = canceller();
    await (cancels === undefined ? empty() : cancelWaiting(queue, cancels, { sets: READY }));
  };
  adapter.obliterate = async (given) => {
    const cancels = canceller();
    if (cancels === undefined) {
      await obliterate(given);
      return eachCancelled(parts, (ids) => deleteCancelled({ ...parts, ids }));
    }
    // A queue whose tasks run is refused as a whole, unless it is forced.
    const isForced = given?.force === true;
    const isRefused = !isForced && (await queue.getActiveCount()) > 0;
    const runningIds = isRefused ? [] : await cancelAll(parts, cancels, isForced);
    await obliterate(given);
    await deleteCancelled({ ...parts, ids: runningIds });
  };
};

const toStateRefusal = (state: string): BoardRefusal =>
  new BoardRefusal(
    `expected the state that is cleaned to be one of ${[...ENDED, ...STATES.keys()].join(', ')}, got ${state}`,
  );

interface WaitingTasks {
  readonly sets: readonly (typeof WAITING)[number][];
  /** Tasks made later are spared; milliseconds since 1970. Default: none is. */
  readonly madeUntilMs?: number;
}

/** Cancels what waits; a task that a worker takes meanwhile runs on. */
const cancelWaiting = async (
  queue: Queue,
  { cancel }: BoardCanceller,
  { sets, madeUntilMs = Number.POSITIVE_INFINITY }: WaitingTasks,
): Promise<void> => {
  const { ids, unlistedCount } = await listTasks(queue, sets);
  await cancelMany({
    ids: ids.filter((id) => (taskIdTimeMs(id) ?? 0) <= madeUntilMs),
    unlistedCount,
    cancel: (id) => cancel(id, sets),
    limit: createRequestLimit(),
  });
};

/**
 * Cancels what a queue holds that has not ended, and deletes it, with what is cancelled already: the ledger is told before a
 * task leaves Redis. Answers the tasks that run.
 */
const cancelAll = async (
  parts: DeletionParts,
  cancels: BoardCanceller,
  isForced: boolean,
): Promise<readonly string[]> => {
  const limit = createRequestLimit();
  const runningIds: string[] = [];
  await cancelMany({
    ...(await listTasks(parts.queue, isForced ? UNFINISHED : WAITING)),
    cancel: (id) => cancels.cancel(id, isForced ? undefined : WAITING),
    onCancelled: async (tasks) => {
      const running = tasks.filter(({ record }) => isForced && record.status === 'running');
      for (const { record } of running) runningIds.push(record.id);
      await endRunning(cancels, running);
      await deleteCancelled({ ...parts, ids: tasks.map(({ record }) => record.id) });
    },
    limit,
  });
  await eachCancelled(parts, async (ids) => {
    await endUntold(cancels, { ids, limit });
    await deleteCancelled({ ...parts, ids });
  });
  return runningIds;
};

/** Cancels those tasks in the ledger that are cancelled on their queue alone: who was to write it down died, or could not. */
const endUntold = async (
  { listUnended, cancel }: BoardCanceller,
  { ids, limit }: { readonly ids: readonly string[]; readonly limit: RequestLimit },
): Promise<void> => {
  const end = limit.reached();
  if (end !== undefined) throw toCancelledRefusal(end);
  const untold = await listUnended(ids);
  if (untold.isErr())
    throw toCancelledRefusal(`the ledger could not be asked: ${untold.error.message}`, untold.error);
  await cancelMany({ ids: untold.value, cancel: (id) => cancel(id), limit });
};

const toCancelledRefusal = (why: string, cause?: unknown): BoardRefusal =>
  new BoardRefusal(`${why}; tasks that are cancelled already are left: call again`, { cause });

/** A worker that does not hear of the request before its job is deleted, or is dead, must not have the task brought back. */
const endRunning = async (cancels: BoardCanceller, tasks: readonly ChangedTask[]): Promise<void> => {
  const answers = await Promise.all(tasks.map(({ record }) => cancels.end(record.id)));
  const failure = answers.find((answer) => answer.isErr());
  if (failure?.isErr())
    throw new BoardRefusal(
      `tasks that run were asked to stop, and none is deleted, for the ledger could not be told: ${failure.error.message}; call again`,
      { cause: failure.error },
    );
};

/** The first tasks of each of some sets, at one moment, and how many there are besides. */
const listTasks = async (queue: Queue, sets: readonly JobType[]) => {
  const ids = await queue.getRanges([...sets], 0, MAX_CANCELLED - 1, true);
  const count = await queue.getJobCountByTypes(...sets);
  return { ids, unlistedCount: Math.max(0, count - ids.length) };
};

/** Gives what is cancelled on a queue to what deletes it, a part at a time: there may be very many. */
const eachCancelled = async (
  { client, queue }: DeletionParts,
  deleteTasks: (ids: readonly string[]) => Promise<unknown>,
): Promise<void> => {
  for (;;) {
    const ids = await client.zrange(toCancelledKey(queue), '0', String(CANCELLED_CHUNK - 1));
    if (ids.length === 0) return;
    await deleteTasks(ids);
  }
};

/** What deletes one job: a task that has not ended is cancelled when there is a ledger, all others are deleted. */
export const toJobRemoval = (job: Job, parts: DeletionParts): (() => Promise<void>) => {
  const { id = '' } = job;
  const remove = job.remove.bind(job);
  return async () => {
    const cancels = parts.canceller();
    if (cancels !== undefined && (await cancelInsteadOfDeleting(cancels, id))) return;
    if ((await deleteCancelled({ ...parts, ids: [id] })) === 0) await remove();
  };
};
