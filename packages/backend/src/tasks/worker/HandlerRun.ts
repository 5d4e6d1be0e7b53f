import { err, type Result } from 'neverthrow';
import { toCancelledError } from '../domain/CancelRequest';
import { callHandler } from '../domain/HandlerReturn';
import { TaskError } from '../domain/TaskError';
import { type Cancellation } from '../queue/Cancellation';
import { isGivenBack, toStopping } from './GivenBack';
import { type HandlerClock, realClock } from './HandlerClock';
import { type RunClock, startRunClock } from './RunClock';
import { type Shutdown } from './Shutdown';

/**
 * A worker that stops has waited for its tasks already, and one that lost a task is not waited for; after the signal
 * their handlers get this long, in milliseconds.
 */
const GIVEN_BACK_GRACE_MS = 500;

/** What the context of a running handler may do to its run. */
export interface RunControls {
  /** Gives out the signal when the handler asks for it, which few do. */
  getSignal(): AbortSignal;
  /** The time that the handler has. */
  readonly clock: Pick<RunClock, 'stand' | 'go'>;
  /** Ends the run with an error as a timeout would: signal, grace, end. */
  interrupt(cause: TaskError): void;
}

/** What a run of a handler goes by. */
export interface HandlerRunOptions {
  /** Calls the handler. */
  call(controls: RunControls): unknown;
  /** Milliseconds before the signal is aborted. */
  readonly timeoutMs: number;
  /** Milliseconds the handler may take to end after its signal was aborted. */
  readonly graceMs: number;
  /** Begins when the worker no longer waits for its tasks. */
  readonly shutdown: Shutdown;
  /** Says when somebody cancels the task. */
  readonly cancellation: Cancellation;
  /** Default: real time. */
  readonly clock?: HandlerClock | undefined;
  /** What the attempt still starts before its handler begins, for the error of a timeout. Default: it begins at once. */
  starting?(): string | undefined;
  /** The handler still runs after signal and grace; the attempt is settled without it. */
  onAbandoned(cause: TaskError, ended: Promise<unknown>): void;
}

const toTimeout = (timeoutMs: number, starting: string | undefined): TaskError => {
  const message =
    starting === undefined
      ? `the handler took longer than timeoutMs (${timeoutMs} ms)`
      : `the attempt took longer than timeoutMs (${timeoutMs} ms): it was still starting ${starting}`;
  return new TaskError(message, {}, { code: 'timeout' });
};

type Ended = Result<unknown, TaskError>;

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
  cancellation,
  clock = realClock,
  starting = () => undefined,
  onAbandoned,
}: HandlerRunOptions): Promise<Result<unknown, TaskError>> => {
  let controller: AbortController | undefined;
  const getController = (): AbortController => {
    controller ??= new AbortController();
    return controller;
  };
  const timedOut = (): TaskError => toTimeout(timeoutMs, starting());
  // What the handler ends in, or the error it must stop for; what comes first, counts.
  const { promise, resolve } = Promise.withResolvers<Ended | TaskError>();
  const time = startRunClock({ clock, timeoutMs, onTimeUp: () => resolve(timedOut()) });
  const unsubscribe = cancellation.onRequest((request) => resolve(toCancelledError(request)));
  const controls = { getSignal: () => getController().signal, clock: time, interrupt: resolve };
  const handled = callHandler(() => call(controls));
  void handled.then(resolve);
  const stopListening = shutdown.onBegin(() => resolve(toStopping()));
  const first = await promise;
  time.end();
  stopListening();
  unsubscribe();
  if (!(first instanceof TaskError)) {
    // A handler that held the event loop ends before any timer could fire; its time was up all the same.
    return time.elapsedMs() > timeoutMs ? err(timedOut()) : first;
  }
  getController().abort(first);
  const graceForCauseMs = isGivenBack(first) ? Math.min(graceMs, GIVEN_BACK_GRACE_MS) : graceMs;
  const isAbandoned = !(await endsWithin(handled, graceForCauseMs, clock));
  const { request } = cancellation;
  const cause = request === undefined ? first : toCancelledError(request);
  if (isAbandoned) {
    onAbandoned(cause, handled);
    return err(cause);
  }
  const late = await handled;
  return isGivenBack(cause) && late.isOk() ? late : err(cause);
};
