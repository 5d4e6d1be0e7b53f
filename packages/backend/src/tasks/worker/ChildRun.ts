import { type AppConfig } from '@backend/config/AppConfig';
import { type Result } from 'neverthrow';
import { type ChildError } from '../domain/ChildError';
import {
  type ChildCall,
  type ChildRunOptions,
  DEFAULT_CHILD_TIMEOUT_MS,
  type TaskChildren,
} from '../domain/TaskChildren';
import { TaskId } from '../domain/TaskId';
import { type ChildClaim, type StoredChild, TakenJobError } from '../queue/ChildStore';
import { type TaskEnds } from '../queue/TaskEnds';
import { type AcceptedCall } from '../scheduler/CallCheck';
import { acceptCalls, type Parent, requireList } from '../scheduler/ChildCalls';
import { toJob } from '../scheduler/ScheduleCall';
import { type ScheduledJob } from '../scheduler/ScheduledEntry';
import { type ChildBook } from './ChildBook';
import { toChildResult, toEndedChild, toKnownResult, toOwnParent, toUnheard } from './ChildEnd';
import { toLostLock } from './GivenBack';
import { type HandlerClock } from './HandlerClock';
import { type RunControls } from './HandlerRun';
import { type ParentWait } from './ParentWait';

/** How a worker schedules children, hears of them and stops them. */
export interface ChildPorts {
  readonly appConfig: AppConfig;
  /** Puts the job of a call on its queue; the same id twice makes one. Answers the id of the job that stands for it. */
  publish(job: ScheduledJob, call: AcceptedCall): Promise<Result<TaskId, Error>>;
  readonly ends: TaskEnds;
  /** Cancels a task and the children that it waits for. Never rejects. */
  cancel(task: Pick<StoredChild, 'id' | 'name'>, reason: string): Promise<void>;
}

interface ChildRunParts {
  readonly parent: Parent;
  readonly book: ChildBook;
  readonly wait: ParentWait;
  readonly controls: Pick<RunControls, 'getSignal' | 'interrupt'>;
  readonly ports: ChildPorts;
  /** Milliseconds since 1970. */
  now(): number;
  readonly setTimer: HandlerClock['setTimer'];
}

/** How long a Redis that takes no job is left alone; milliseconds. */
const RETRY_MS = 500;

/** Creates the children of one attempt; costs nothing before they run. */
export const createTaskChildren = (parts: ChildRunParts): TaskChildren => ({
  run: (async (calls: readonly ChildCall[], options: ChildRunOptions = {}) => {
    requireList(calls);
    const { parent, ports, controls } = parts;
    const accepted = acceptCalls(calls, options, { parent, limits: ports.appConfig, nowMs: parts.now() });
    if (accepted.isErr()) return accepted.error;
    const signal = controls.getSignal();
    signal.throwIfAborted();
    if (accepted.value.length === 0) return [];
    const { timeoutMs = DEFAULT_CHILD_TIMEOUT_MS } = options;
    return untilAborted(
      runAll(accepted.value, { ...parts, signal, timeoutMs, endsAtMs: parts.now() + timeoutMs }),
      signal,
    );
  }) as TaskChildren['run'], // the types of the results follow from the calls
});

/** Follows a promise until a signal is aborted; then rejects with the reason. */
const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort);
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });

interface Run extends ChildRunParts {
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly endsAtMs: number;
  /** How long the caller waits for the children; milliseconds. */
  readonly timeoutMs: number;
}

const runAll = async (
  accepted: readonly AcceptedCall[],
  run: Run,
): Promise<readonly Result<unknown, ChildError>[]> => {
  try {
    const keys = accepted.map(({ task, payload }) => run.book.keyOf(task.queueName, payload));
    const children = await claimChildren(accepted, keys, run);
    // With its slot: given away before, it would go to the next parent, since no child is there to take it yet.
    const placed = await Promise.all(
      accepted.map((call, index) => placeChild(call, children[index] as ChildClaim, run)), // one for each call
    );
    return await awaitChildren(placed, run);
  } catch (error) {
    if (error instanceof TakenJobError) run.controls.interrupt(toLostLock());
    throw error;
  }
};

const awaitChildren = async (
  placed: readonly Placed[],
  run: Run,
): Promise<readonly Result<unknown, ChildError>[]> => {
  if (placed.every(({ kind }) => kind === 'known')) return Promise.all(placed.map((each) => hear(each, run)));
  run.wait.enter(placed.flatMap((each) => (each.kind === 'placed' ? [each.claim.child.name] : [])));
  try {
    return await Promise.all(placed.map((each) => hear(each, run)));
  } finally {
    await run.wait.leave();
  }
};

/** Writes the children down. One that failed in an earlier round unheard is found out now, and replaced. */
const claimChildren = async (
  accepted: readonly AcceptedCall[],
  keys: readonly string[],
  { book, parent, ports, signal }: Run,
): Promise<readonly ChildClaim[]> => {
  const round = parent.attemptsMade;
  const claims = accepted.map(({ task }, index): ChildClaim => {
    const child = { id: TaskId(), name: task.queueName, round };
    return { key: keys[index] ?? '', child };
  });
  const found = await book.claim(claims);
  const unheard = found.filter(({ child }) => child.end === undefined && child.round < round);
  if (unheard.length === 0) return found;
  await Promise.all(
    unheard.map(async ({ key, child }) => {
      const end = await ports.ends.wait(child.name, child.id, { timeoutMs: 0, signal });
      if (end.isOk() && end.value.kind !== 'removed') await book.close(key, toEndedChild(child, end.value));
    }),
  );
  return book.claim(claims);
};

/** A child that may be waited for. */
type Placed =
  | { readonly kind: 'known'; readonly result: Result<unknown, ChildError> }
  /** `id` is that of the task which stands for the child. */
  | { readonly kind: 'placed'; readonly claim: ChildClaim; readonly id: TaskId };

/** Puts a child on its queue, again and again while Redis takes none: its id is written down, so there is only ever one. */
const placeChild = async (call: AcceptedCall, claim: ChildClaim, run: Run): Promise<Placed> => {
  const { child } = claim;
  const known = toKnownResult(child);
  if (known !== undefined) return { kind: 'known', result: known };
  if (child.end !== undefined) return { kind: 'placed', claim, id: child.id };
  const { parent, ports, signal, endsAtMs, now, setTimer } = run;
  const job = toJob(child.id, call, ports.appConfig);
  for (;;) {
    // Those who cancel what an ended parent leaves do not know of it, if it is published after them.
    signal.throwIfAborted();
    const published = await ports.publish(job, call);
    if (published.isOk() && published.value === parent.taskId)
      return { kind: 'known', result: toOwnParent(parent) };
    if (published.isOk()) return { kind: 'placed', claim, id: published.value };
    if (now() >= endsAtMs) {
      const { message, cause } = published.error;
      const task = { id: child.id, taskName: child.name };
      return { kind: 'known', result: toUnheard(task, { code: 'queue-unavailable', message, cause }) };
    }
    await new Promise<void>((resolve) => void setTimer(resolve, RETRY_MS));
  }
};

/** Waits for the end of a child and writes it down. */
const hear = async (placed: Placed, run: Run): Promise<Result<unknown, ChildError>> => {
  if (placed.kind === 'known') return placed.result;
  const { book, ports, signal, endsAtMs, now } = run;
  const { key, child } = placed.claim;
  const task = { id: placed.id, taskName: child.name };
  const leftMs = Math.max(0, endsAtMs - now());
  const heard = await ports.ends.wait(child.name, placed.id, { timeoutMs: leftMs, signal });
  if (heard.isOk()) {
    if (child.end === undefined)
      await book.close(key, toEndedChild({ ...child, id: placed.id }, heard.value));
    return toChildResult(task, heard.value);
  }
  const { message, code } = heard.error;
  if (code === 'queue-unavailable') return toUnheard(task, { code, message, cause: heard.error });
  // Aborted: nobody reads the answer any more. A task that only stands for the child is not this parent's to cancel.
  if (!signal.aborted && placed.id === child.id) await ports.cancel(child, 'its parent waited no longer');
  return toUnheard(task, {
    code: 'timed-out',
    message: `not ended within ${run.timeoutMs} ms`,
    cause: heard.error,
  });
};
