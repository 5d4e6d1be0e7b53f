import { afterEach, beforeEach, describe, expect, it, jest } from 'bun:test';
import { err, ok, type Result } from 'neverthrow';
import { TaskError } from '../domain/TaskError';
import { createCancellation } from '../queue/Cancellation';
import { toLostLock } from './GivenBack';
import { type HandlerClock } from './HandlerClock';
import { type RunControls, runHandler } from './HandlerRun';
import { createShutdown } from './Shutdown';

const TIMEOUT_MS = 1000;
const GRACE_MS = 2000;
const SHUTDOWN_GRACE_MS = 500;

/** Lets every promise that can settle do so; timers stand still. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

const pass = async (ms: number): Promise<void> => {
  jest.advanceTimersByTime(ms);
  await settled();
};

/** Runs a handler that ends when the test says so. */
const setup = ({
  graceMs = GRACE_MS,
  clock,
  starting = () => undefined,
}: {
  graceMs?: number;
  clock?: HandlerClock;
  starting?: () => string | undefined;
} = {}) => {
  const handler = Promise.withResolvers<Result<unknown, Error>>();
  const shutdown = createShutdown();
  let listenerCount = 0;
  const cancellation = createCancellation();
  const abandoned: string[] = [];
  const signals: AbortSignal[] = [];
  const runs: RunControls[] = [];
  let end: unknown;
  let late: Promise<unknown> | undefined;
  void runHandler({
    call: (controls) => {
      runs.push(controls);
      signals.push(controls.getSignal());
      return handler.promise;
    },
    timeoutMs: TIMEOUT_MS,
    graceMs,
    shutdown: {
      onBegin: (listener) => {
        const stopListening = shutdown.onBegin(listener);
        listenerCount += 1;
        return () => {
          listenerCount -= 1;
          stopListening();
        };
      },
    },
    clock,
    cancellation,
    starting,
    onAbandoned: ({ code }, ended) => {
      abandoned.push(code);
      late = ended;
    },
  }).then((result) => {
    end = result.match(
      (value) => ({ value }),
      ({ code, message }) => ({ code, message }),
    );
  });
  return {
    handler,
    shutdown,
    listenerCount: () => listenerCount,
    cancel: () => cancellation.hear({ requestedAt: new Date(), reason: 'no longer wanted' }),
    abandoned,
    end: () => end,
    late: () => late,
    signal: () => signals[0],
    controls: () => runs[0] as RunControls, // the handler is called at once
  };
};

const timedOut = { code: 'timeout', message: 'the handler took longer than timeoutMs (1000 ms)' };
const cancelled = { code: 'cancelled', message: 'the task was cancelled: no longer wanted' };
const stopped = { code: 'shutdown', message: 'the worker is stopping' };

describe('runHandler', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('blames a timeout before the handler has begun on what still starts', async () => {
    const { end } = setup({ starting: () => 'the resource "pool"' });
    await pass(TIMEOUT_MS);
    await pass(GRACE_MS);

    expect(end()).toEqual({
      code: 'timeout',
      message: 'the attempt took longer than timeoutMs (1000 ms): it was still starting the resource "pool"',
    });
  });

  it('answers with what the handler returns in time, and leaves its signal alone', async () => {
    const { handler, end, signal, abandoned } = setup();
    await pass(TIMEOUT_MS - 1);
    handler.resolve(ok('done'));
    await settled();

    expect(end()).toEqual({ value: 'done' });
    await pass(TIMEOUT_MS + GRACE_MS);
    expect(signal()?.aborted).toBe(false);
    expect(abandoned).toEqual([]);
  });

  it('answers with an error the handler returns in time', async () => {
    const { handler, end } = setup();
    handler.resolve(err(TaskError.fatal('no such user')));
    await settled();

    expect(end()).toEqual({ code: 'fatal', message: 'no such user' });
  });

  it('aborts the signal when the time is up, with the reason', async () => {
    const { signal, end } = setup();
    await pass(TIMEOUT_MS - 1);
    expect(signal()?.aborted).toBe(false);
    await pass(1);

    expect(signal()?.aborted).toBe(true);
    expect(signal()?.reason).toMatchObject(timedOut);
    expect(end()).toBe(undefined);
  });

  it.each([
    ['ok', ok('late')],
    ['an error', err(new Error('aborted'))],
  ])('is a timeout when the handler ends in the grace period, though with %s', async (_what, result) => {
    const { handler, end, abandoned } = setup();
    await pass(TIMEOUT_MS);
    await pass(GRACE_MS - 1);
    handler.resolve(result);
    await settled();

    expect(end()).toEqual(timedOut);
    expect(abandoned).toEqual([]);
  });

  it('abandons a handler that outlives the grace period, once, and tells when it ends after all', async () => {
    const { handler, end, abandoned, late } = setup();
    await pass(TIMEOUT_MS);
    await pass(GRACE_MS - 1);
    expect(end()).toBe(undefined);
    await pass(1);

    expect(end()).toEqual(timedOut);
    expect(abandoned).toEqual(['timeout']);
    handler.reject(new Error('much later'));
    expect(await late()).toMatchObject({ error: { message: 'much later' } });
    expect(abandoned).toEqual(['timeout']);
  });

  it('gives the task back when the worker stops and the handler obeys its signal', async () => {
    const { handler, shutdown, signal, end, abandoned } = setup();
    shutdown.begin();
    await settled();
    expect(signal()?.reason).toMatchObject(stopped);
    handler.resolve(err(new Error('aborted')));
    await settled();

    expect(end()).toEqual(stopped);
    expect(abandoned).toEqual([]);
  });

  it('waits half a second for a handler whose task is not its own any more, and lets its ok count', async () => {
    const [ending, hanging] = [setup(), setup()];
    for (const { controls } of [ending, hanging]) controls().interrupt(toLostLock());
    await settled();
    await pass(SHUTDOWN_GRACE_MS - 1);
    ending.handler.resolve(ok('done'));
    await settled();
    await pass(1);

    expect(ending.end()).toEqual({ value: 'done' });
    expect([hanging.end(), hanging.abandoned]).toMatchObject([{ code: 'lost-lock' }, ['lost-lock']]);
  });

  it('completes a task that still ends with ok while the worker stops', async () => {
    const { handler, shutdown, end } = setup();
    shutdown.begin();
    await pass(SHUTDOWN_GRACE_MS - 1);
    handler.resolve(ok('done'));
    await settled();

    expect(end()).toEqual({ value: 'done' });
  });

  it.each([
    ['half a second', GRACE_MS, SHUTDOWN_GRACE_MS],
    ['a shorter grace', 10, 10],
  ])('waits %s for a handler when the worker stops', async (_what, graceMs, waitedMs) => {
    const { shutdown, end, abandoned } = setup({ graceMs });
    shutdown.begin();
    await settled();
    await pass(waitedMs - 1);
    expect(end()).toBe(undefined);
    await pass(1);

    expect(end()).toEqual(stopped);
    expect(abandoned).toEqual(['shutdown']);
  });

  it.each([
    ['in time', 0],
    ['in the grace period', TIMEOUT_MS],
    ['after it', TIMEOUT_MS + GRACE_MS],
  ])('leaves neither timer nor listener behind when the handler ends %s', async (_what, afterMs) => {
    const { handler, listenerCount, end } = setup();
    const before = listenerCount();
    await pass(Math.min(afterMs, TIMEOUT_MS));
    await pass(afterMs - Math.min(afterMs, TIMEOUT_MS));
    handler.resolve(ok('done'));
    await settled();

    expect(end()).not.toBe(undefined);
    expect(jest.getTimerCount()).toBe(0);
    expect([before, listenerCount()]).toEqual([1, 0]);
  });

  it('stays a timeout when the worker stops in the grace period', async () => {
    const { shutdown, end } = setup();
    await pass(TIMEOUT_MS);
    shutdown.begin();
    await pass(GRACE_MS);

    expect(end()).toEqual(timedOut);
  });

  it('aborts the signal of a task that is cancelled, with the reason, and gives it the grace period', async () => {
    const { cancel, signal, end, abandoned } = setup();
    cancel();
    await settled();
    expect(signal()?.reason).toMatchObject(cancelled);
    await pass(GRACE_MS - 1);
    expect(end()).toBe(undefined);
    await pass(1);

    expect(end()).toEqual(cancelled);
    expect(abandoned).toEqual(['cancelled']);
  });

  it.each([
    ['ok', ok('late')],
    ['an error', err(new Error('aborted'))],
    ['the reason of its signal', err(new TaskError('stop', {}, { code: 'cancelled' }))],
  ])('discards what a cancelled task still returns: %s', async (_what, result) => {
    const { handler, cancel, end, abandoned } = setup();
    cancel();
    await settled();
    handler.resolve(result);
    await settled();

    expect(end()).toEqual(cancelled);
    expect(abandoned).toEqual([]);
  });

  it('completes a task that ended before it was cancelled', async () => {
    const { handler, cancel, end } = setup();
    handler.resolve(ok('done'));
    await settled();
    cancel();
    await settled();

    expect(end()).toEqual({ value: 'done' });
  });

  it.each([
    ['its time is up', false],
    ['the worker stops', true],
  ])('is cancelled when that is heard in the grace period after %s', async (_what, isStopped) => {
    const { handler, shutdown, cancel, end } = setup();
    if (isStopped) shutdown.begin();
    else await pass(TIMEOUT_MS);
    await settled();
    cancel();
    handler.resolve(ok('late'));
    await settled();

    expect(end()).toEqual(cancelled);
  });

  it('completes a task that ends at once though the worker has stopped already', async () => {
    const shutdown = createShutdown();
    shutdown.begin();
    const ended = await runHandler({
      call: () => ok('done'),
      timeoutMs: TIMEOUT_MS,
      graceMs: GRACE_MS,
      shutdown,
      cancellation: createCancellation(),
      onAbandoned: () => undefined,
    });

    expect(ended._unsafeUnwrap()).toBe('done');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      { code: 'task-failed', message: 'boom' },
    ],
    ['returns no Result', () => 1, { code: 'invalid-output' }],
  ])('answers, and does not reject, when the handler %s', async (_what, call, failure) => {
    const ended = await runHandler({
      call,
      timeoutMs: TIMEOUT_MS,
      graceMs: GRACE_MS,
      shutdown: createShutdown(),
      cancellation: createCancellation(),
      onAbandoned: () => undefined,
    });

    expect(ended._unsafeUnwrapErr()).toMatchObject(failure);
  });

  it('goes by the clock that it is given: real time has no part in it', async () => {
    const timers: { readonly ms: number; action(): void }[] = [];
    const clock: HandlerClock = {
      nowMs: () => 0,
      setTimer: (action, ms) => {
        timers.push({ ms, action });
        return () => undefined;
      },
    };
    const { end, abandoned } = setup({ clock });
    await pass(TIMEOUT_MS + GRACE_MS);
    const before = end();
    timers[0]?.action();
    await settled();
    timers[1]?.action();
    await settled();

    expect([before, end(), abandoned]).toEqual([undefined, timedOut, ['timeout']]);
    expect(timers.map(({ ms }) => ms)).toEqual([TIMEOUT_MS, GRACE_MS]);
  });

  it('does not time out while its clock stands still', async () => {
    const { controls, handler, end } = setup();
    await pass(TIMEOUT_MS - 1);
    controls().clock.stand();
    await pass(10 * TIMEOUT_MS);
    const before = end();
    controls().clock.go();
    await pass(1);
    handler.resolve(ok('late'));
    await settled();

    expect([before, end()]).toEqual([undefined, timedOut]);
  });

  it('ends in what interrupts it, with signal and grace', async () => {
    const { controls, handler, signal, end } = setup();
    controls().interrupt(new TaskError('enough', {}, { code: 'crashed' }));
    await settled();
    const isAborted = signal()?.aborted;
    handler.resolve(ok('late'));
    await settled();

    expect([isAborted, end()]).toEqual([true, { code: 'crashed', message: 'enough' }]);
  });
});
