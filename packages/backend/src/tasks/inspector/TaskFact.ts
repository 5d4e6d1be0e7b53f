import { type StoredTaskError } from '../domain/TaskRecord';

/** One thing that says why a task does not run, or what became of it. */
export type TaskFact =
  /**
   * The ledger has it, and its queue does not: Redis did not take it, or has lost it; the relay puts it there. One that runs, as
   * far as the ledger knows, only when its worker turns out to be dead.
   */
  | { readonly reason: 'not-on-queue'; readonly taskName: string }
  /** No definition of the inspector's list has the task's name. */
  | { readonly reason: 'unregistered'; readonly taskName: string }
  /** It was scheduled for later, or asked to run later. */
  | { readonly reason: 'delayed'; readonly dueAt: Date }
  /** An attempt failed, and the next one waits for its time. */
  | {
      readonly reason: 'backing-off';
      readonly dueAt: Date;
      readonly attempt: number;
      readonly error?: StoredTaskError;
    }
  /** The queue was paused. */
  | { readonly reason: 'paused' }
  | { readonly reason: 'no-worker'; readonly taskName: string }
  /** Redis does not say which workers are connected; `message` says why. */
  | { readonly reason: 'workers-unknown'; readonly message: string }
  /** The rate limit allows no further start before `until`. */
  | { readonly reason: 'rate-limited'; readonly maxStarts: number; readonly until: Date }
  /** As many tasks run as may run at the same time. */
  | { readonly reason: 'max-concurrency'; readonly maxConcurrency: number; readonly runningCount: number }
  /** Workers take other tasks first: they are more urgent, or came earlier. */
  | { readonly reason: 'behind'; readonly aheadCount: number }
  /** Workers are connected, and run tasks. */
  | { readonly reason: 'workers-busy'; readonly workerCount: number; readonly runningCount: number }
  /** Nothing is known to hold it back. */
  | { readonly reason: 'ready' }
  /** It will not be run unless it starts in time. */
  | { readonly reason: 'expires'; readonly expiresAt: Date; readonly isExpired: boolean }
  | {
      readonly reason: 'running';
      readonly attempt: number;
      readonly startedAt?: Date;
      /** As its queue has it. */
      readonly workerId?: string;
    }
  /** It runs without a slot, until its children have ended; those that have not yet. */
  | { readonly reason: 'waiting-for-children'; readonly childCount: number }
  /** It was asked to stop while it ran, and has not ended yet. */
  | { readonly reason: 'cancel-requested'; readonly cancelRequestedAt: Date; readonly cancelReason?: string }
  | { readonly reason: 'completed'; readonly endedAt?: Date }
  | { readonly reason: 'failed'; readonly endedAt?: Date; readonly error?: StoredTaskError }
  | { readonly reason: 'cancelled'; readonly endedAt?: Date; readonly cancelReason?: string };

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const at = (date: Date | undefined): string => (date === undefined ? '' : ` at ${date.toISOString()}`);

const because = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

/** Says a fact in one sentence. */
export const toSentence = (fact: TaskFact): string => {
  switch (fact.reason) {
    case 'not-on-queue':
      return `The task is in the ledger and not on its queue: it is put there when Redis takes it.`;
    case 'unregistered':
      return `The task waits under the name ${fact.taskName}, which no definition has.`;
    case 'delayed':
      return `The task is not due before ${fact.dueAt.toISOString()}.`;
    case 'backing-off':
      return `The task waits until ${fact.dueAt.toISOString()} for attempt ${fact.attempt}${because(fact.error?.message)}.`;
    case 'paused':
      return 'The queue is paused.';
    case 'no-worker':
      return `No worker takes ${fact.taskName}.`;
    case 'workers-unknown':
      return `It is not known whether a worker is there: Redis does not list its clients (${fact.message}).`;
    case 'rate-limited':
      return `The rate limit allows no further start before ${fact.until.toISOString()}.`;
    case 'max-concurrency':
      return `As many tasks run as may run at the same time: ${fact.runningCount} of ${fact.maxConcurrency}.`;
    case 'behind':
      return `${plural(fact.aheadCount, 'task')} of the same name will be taken first.`;
    case 'workers-busy':
      return `The task waits for a free slot: ${plural(fact.runningCount, 'task')} on ${plural(fact.workerCount, 'worker')}.`;
    case 'ready':
      return 'Nothing is known to hold the task back: a worker takes it next.';
    case 'expires':
      return `The task ${fact.isExpired ? 'was' : 'is'} to start before ${fact.expiresAt.toISOString()}.`;
    case 'running':
      return `Attempt ${fact.attempt} runs${fact.workerId === undefined ? '' : ` on ${fact.workerId}`}${
        fact.startedAt === undefined ? '' : ` since ${fact.startedAt.toISOString()}`
      }.`;
    case 'waiting-for-children':
      return `The task waits for ${fact.childCount} ${fact.childCount === 1 ? 'child' : 'children'}.`;
    case 'cancel-requested':
      return `The task is to stop since ${fact.cancelRequestedAt.toISOString()}, and will not be run again${because(fact.cancelReason)}.`;
    case 'completed':
      return `The task completed${at(fact.endedAt)}.`;
    case 'failed':
      return `The task failed${at(fact.endedAt)}${because(fact.error?.message)}.`;
    case 'cancelled':
      return `The task was cancelled${at(fact.endedAt)}${because(fact.cancelReason)}.`;
  }
};
