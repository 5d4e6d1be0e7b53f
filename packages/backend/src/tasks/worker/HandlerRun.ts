import { err, type Result } from 'neverthrow';
import { toCancelledError } from '../domain/CancelRequest';
import { TaskError } from '../domain/TaskError';
import { type Cancellation } from '../queue/Cancellation';
import { type HandlerClock, realClock } from './HandlerClock';
import { callHandler } from './HandlerReturn';

/** A worker that stops has waited for its tasks already; after the signal they get this long, in milliseconds. */
const SHUTDOWN_GRACE_MS = 500;

interface HandlerRunOptions {
  /** Calls the handler; its context gives out the signal when the handler asks for it, which few do. */
  call(getSignal: () => AbortSignal): unknown;
  /** Milliseconds before the signal is aborted. */
  readonly timeoutMs: number;
  /** Milliseconds the handler may take to end after its signal was aborted. */
  readonly graceMs: number;
  /** Aborted when the worker no longer waits for its tasks. */
  readonly shutdown: AbortSignal;
  /** Default: real time. */
  readonly clock?: HandlerClock | undefined;
  /** Says when somebody cancels the task. */
  readonly cancellation: Cancellation;
  /** The handler still runs after signal and grace; the attempt is settled without it. */
  onAbandoned(cause: TaskError, ended: Promise<unknown>): void;
}

const toTimeout = (timeoutMs: number): TaskError =>
  new TaskError(`the handler took longer than timeoutMs (${timeoutMs} ms)`, {}, { code: 'timeout' });

type Ended = Result<unknown, TaskError>;

interface Interruptions extends Pick<HandlerRunOptions, 'timeoutMs' | 'shutdown' | 'cancellation'> {
  readonly clock: HandlerClock;
}

/**
 * Resolves with what the handler ends in, or with the error it must stop for: its time is up, the worker stops, or the
 * task is cancelled.
 */
const firstOf = (
  handled: Promise<Ended>,
  { timeoutMs, shutdown, cancellation, clock }: Interruptions,
): Promise<Ended | TaskError> =>
  new Promise((resolve) => {
    let isSettled = false;
    let unsubscribe: (() => void) | undefined;
    const settle = (end: Ended | TaskError): void => {
      if (isSettled) return;
      isSettled = true;
      stopTimer();
      shutdown.removeEventListener('abort', stop);
      unsubscribe?.();
      resolve(end);
    };
    const stop = (): void => settle(new TaskError('the worker is stopping', {}, { code: 'shutdown' }));
    const stopTimer = clock.setTimer(() => settle(toTimeout(timeoutMs)), timeoutMs);
    shutdown.addEventListener('abort', stop);
    unsubscribe = cancellation.onRequest((request) => settle(toCancelledError(request)));
    void handled.then(settle);
    if (shutdown.aborted) stop();
  });

/** Whether a handler ends in time. */
const endsWithin = (handled: Promise<Ended>, ms: number, clock: HandlerClock): Promise<boolean> =>
  new Promise((resolve) => {
    const stopTimer = clock.setTimer(() => resolve(false), ms);
    void handled.then(() => {
      stopTimer();
      resolve(true);
    });
  });

/**
 * Runs a handler until it ends or must stop. A handler that must stop has its signal aborted and a grace period to end
 * in; then the attempt is over, whether the handler has ended or not. A timed-out attempt is a timeout whatever the
 * handler still returns, and a task that is cancelled before its handler has ended is cancelled, in the grace period too;
 * one that finishes with `ok` while the worker stops has finished.
 */
export const runHandler = async ({
  call,
  timeoutMs,
  graceMs,
  shutdown,
  clock = realClock,
  cancellation,
  onAbandoned,
}: HandlerRunOptions): Promise<Result<unknown, TaskError>> => {
  let controller: AbortController | undefined;
  const getController = (): AbortController => {
    controller ??= new AbortController();
    return controller;
  };
  const startedAtMs = clock.nowMs();
  const handled = callHandler(() => call(() => getController().signal));
  const first = await firstOf(handled, { timeoutMs, shutdown, cancellation, clock });
  if (!(first instanceof TaskError)) {
    // A handler that held the event loop ends before any timer could fire; its time was up all the same.
    return clock.nowMs() - startedAtMs > timeoutMs ? err(toTimeout(timeoutMs)) : first;
  }
  getController().abort(first);
  const graceForCauseMs = first.code === 'shutdown' ? Math.min(graceMs, SHUTDOWN_GRACE_MS) : graceMs;
  const isAbandoned = !(await endsWithin(handled, graceForCauseMs, clock));
  const { request } = cancellation;
  const cause = request === undefined ? first : toCancelledError(request);
  if (isAbandoned) {
    onAbandoned(cause, handled);
    return err(cause);
  }
  const late = await handled;
  return cause.code === 'shutdown' && late.isOk() ? late : err(cause);
};
