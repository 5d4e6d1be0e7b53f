import { type Job } from 'bullmq';
import { isEnvelope } from '../domain/TaskEnvelope';
import { type TaskError } from '../domain/TaskError';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { loadBullmq } from './loadBullmq';
import { type Persist } from './persistSettlement';
import { toFailureMessage, toFailureStack } from './StoredFailure';

/** Any name that is not BullMQ's own: the strategy below is asked. */
const BACKOFF_TYPE = 'drover';

/** Failed attempts whose stack is kept with a task; the newest ones. */
const STACK_COUNT = 10;

/** More attempts than any task has: whether a task is tried again is `decideOutcome`'s choice alone. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** What BullMQ is told to do with a job. */
export type Settlement = TaskOutcome | { readonly kind: 'superseded' };

/** Whether a task with this outcome is on the queue again. */
export const goesOn = ({ kind }: Settlement): boolean =>
  kind === 'retry' || kind === 'snoozed' || kind === 'released';

interface SettleOptions {
  readonly job: Job;
  readonly token: string;
  readonly outcome: Settlement;
  /** 1-based number of the attempt that ended. */
  readonly attempt: number;
  /** Whether its handler began. */
  readonly hasBegun: boolean;
  /** Sends a command again when Redis refuses for a while. */
  readonly persist: Persist;
  /** Ends the job as cancelled, which BullMQ knows nothing of. */
  moveToCancelled(): Promise<void>;
  /** Called when the job is back on the queue, or cancelled, of which BullMQ tells nobody. */
  onMoved(): void;
  /** Called when BullMQ is told nothing more of the job: with true when it is settled. */
  onOver(isSettled: boolean): void;
  /** The job could be neither put back nor cancelled. */
  onError(error: Error): void;
}

/** Thrown to BullMQ for another attempt; carries the wait to our backoff strategy. */
class RetrySignal extends Error {
  override readonly name = 'RetrySignal';
  readonly delayMs: number;

  constructor(message: string, delayMs: number) {
    super(message);
    this.delayMs = delayMs;
  }
}

/** The one backoff strategy of all our workers: the wait was decided with the outcome. Milliseconds. */
export const backoffStrategy = (_attemptsMade: number, _type?: string, error?: Error): number =>
  error instanceof RetrySignal ? error.delayMs : 0;

const withStack = <E extends Error>(signal: E, stack: string): E => {
  signal.stack = stack;
  return signal;
};

/** BullMQ takes any error with this one message for its own rate limit, and puts the job back for ever. */
const toSignalMessage = (error: TaskError): string => {
  const message = toFailureMessage(error);
  const { RATE_LIMIT_ERROR } = loadBullmq();
  return message === RATE_LIMIT_ERROR ? `the task failed with ${message}` : message;
};

/** Thrown to BullMQ for a job that we have moved ourselves. */
const toMovedSignal = (): Error => {
  const { DelayedError } = loadBullmq();
  return new DelayedError();
};

/** A task that was tried in time goes on to its end, also when that attempt is not counted. */
const dropExpiry = async (job: Job, persist: Persist): Promise<void> => {
  const data: unknown = job.data;
  if (!isEnvelope(data) || data['expiresAtMs'] === undefined) return;
  const { expiresAtMs: _expiresAtMs, ...kept } = data;
  await persist(() => job.updateData(kept));
};

/**
 * Tells BullMQ what becomes of a job: the only place that throws its signals. BullMQ refuses all of it when the job's
 * lock has gone to another worker, so a late run never overwrites a settled task.
 */
export const settle = async ({
  job,
  token,
  outcome,
  attempt,
  hasBegun,
  persist,
  moveToCancelled,
  onMoved,
  onOver,
  onError,
}: SettleOptions): Promise<unknown> => {
  const move = async (command: () => Promise<unknown>): Promise<never> => {
    try {
      await command();
      onMoved();
      onOver(true);
    } catch (error) {
      // Nothing else is better: its lock lapses, and the stalled check puts it back.
      onError(error instanceof Error ? error : new Error(String(error)));
      onOver(false);
    }
    throw toMovedSignal();
  };
  const putBack = (delayMs: number): Promise<never> =>
    move(async () => {
      if (hasBegun) await dropExpiry(job, persist);
      await persist(() => job.moveToDelayed(Date.now() + delayMs, token));
    });
  switch (outcome.kind) {
    case 'completed':
      return outcome.value ?? null;
    case 'snoozed':
      return putBack(outcome.delayMs);
    case 'released':
      // Due at once, and unlike moveToWait this wakes an idle worker.
      return putBack(0);
    case 'cancelled':
      return move(() => persist(moveToCancelled));
    case 'superseded':
      // A newer delivery of the same task in this process settles it: nothing to do, and nothing to report.
      onOver(true);
      throw toMovedSignal();
    case 'retry': {
      job.opts.attempts = NO_LIMIT;
      job.opts.backoff = { type: BACKOFF_TYPE };
      job.opts.stackTraceLimit = STACK_COUNT;
      const signal = new RetrySignal(toSignalMessage(outcome.error), outcome.delayMs);
      throw withStack(signal, toFailureStack({ error: outcome.error, attempt }));
    }
    case 'failed': {
      job.opts.stackTraceLimit = STACK_COUNT;
      const { UnrecoverableError } = loadBullmq();
      const signal = new UnrecoverableError(toSignalMessage(outcome.error));
      throw withStack(signal, toFailureStack({ ...outcome, attempt, failedAtMs: Date.now() }));
    }
  }
};
