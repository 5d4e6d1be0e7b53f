import { afterEach, describe, expect, it, jest } from 'bun:test';
import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import { TaskError } from '../domain/TaskError';
import { parseFailureStack } from './StoredFailure';
import { backoffStrategy, type Settlement, settle } from './settle';

const nowMs = 1_900_000_000_000;

/** The part of a job that settling touches. */
const setup = () => {
  const moves: unknown[] = [];
  const opts: Record<string, unknown> = { attempts: 3 };
  const job = {
    opts,
    moveToDelayed: async (atMs: number, token: string) => {
      moves.push([atMs, token]);
    },
  } as unknown as Job;
  const ends: string[] = [];
  const reports = {
    persist: <T>(command: () => Promise<T>) => command(),
    moveToCancelled: async () => {
      moves.push('cancelled');
    },
    onMoved: () => ends.push('moved'),
    onOver: (isSettled: boolean) => ends.push(isSettled ? 'settled' : 'not settled'),
    onError: (error: Error) => ends.push(error.message),
  };
  const settled = (outcome: Settlement) =>
    settle({ job, token: 't1', outcome, attempt: 2, hasBegun: true, ...reports }).then(
      (value) => ({ value }),
      (thrown: unknown) => ({ thrown }),
    );
  return { job, moves, opts, ends, settled };
};

const thrownBy = (end: object): unknown => ('thrown' in end ? end.thrown : undefined);

describe('settle', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['a value', { success: true }, { success: true }],
    ['0', 0, 0],
    ['false', false, false],
    ['null', null, null],
    ['undefined, as null', undefined, null],
  ])('returns %s of a completed task', async (_what, value, returned) => {
    const { settled, moves } = setup();

    expect(await settled({ kind: 'completed', value })).toEqual({ value: returned });
    expect(moves).toEqual([]);
  });

  it.each([
    ['a snoozed task until it wants to run', { kind: 'snoozed', delayMs: 5000 } as const, nowMs + 5000],
    ['a released task, due at once', { kind: 'released' } as const, nowMs],
  ])('delays %s, and tells BullMQ that it is moved', async (_what, outcome, atMs) => {
    jest.useFakeTimers({ now: nowMs });
    const { settled, moves } = setup();
    const end = await settled({ ...outcome, error: new TaskError('later') } as Settlement);

    expect(thrownBy(end)).toBeInstanceOf(DelayedError);
    expect(moves).toEqual([[atMs, 't1']]);
  });

  it.each([
    ['snoozed', { kind: 'snoozed', delayMs: 5000 } as const],
    ['released', { kind: 'released' } as const],
  ])('says when a %s task is back on the queue', async (_what, outcome) => {
    const { settled, ends } = setup();
    await settled({ ...outcome, error: new TaskError('later') } as Settlement);

    expect(ends).toEqual(['moved', 'settled']);
  });

  it('reports a task that cannot be put back, and tells BullMQ nothing that would cost it an attempt', async () => {
    const { settled, ends, job } = setup();
    job.moveToDelayed = () => Promise.reject(new Error('Missing lock'));
    const end = await settled({ kind: 'released', error: new TaskError('later') });

    expect(thrownBy(end)).toBeInstanceOf(DelayedError);
    expect(ends).toEqual(['Missing lock', 'not settled']);
  });

  it('cancels a task, and tells BullMQ that it is moved', async () => {
    const { settled, moves, ends } = setup();
    const end = await settled({ kind: 'cancelled', error: new TaskError('no longer wanted') });

    expect(thrownBy(end)).toBeInstanceOf(DelayedError);
    expect({ moves, ends }).toEqual({ moves: ['cancelled'], ends: ['moved', 'settled'] });
  });

  it('leaves a superseded task alone', async () => {
    const { settled, moves } = setup();

    expect(thrownBy(await settled({ kind: 'superseded' }))).toBeInstanceOf(DelayedError);
    expect(moves).toEqual([]);
  });

  it('throws an error with our facts for another attempt, after exactly the wait that was decided', async () => {
    const { settled, opts } = setup();
    const error = new TaskError('SMTP refused', { host: 'h' });
    const thrown = thrownBy(await settled({ kind: 'retry', error, delayMs: 7777 })) as Error;

    expect(thrown).not.toBeInstanceOf(UnrecoverableError);
    expect(thrown.message).toBe('SMTP refused');
    expect(parseFailureStack(thrown.stack ?? '')).toEqual({
      message: 'SMTP refused',
      code: 'task-failed',
      attempt: 2,
      metadata: { host: 'h' },
    });
    expect(backoffStrategy(1, 'drover', thrown)).toBe(7777);
    expect(opts).toEqual({
      attempts: Number.MAX_SAFE_INTEGER,
      backoff: { type: 'drover' },
      stackTraceLimit: 10,
    });
  });

  it('throws what ends all attempts for a failed task, with the reason', async () => {
    const { settled, opts } = setup();
    const error = TaskError.fatal('no such user');
    const thrown = thrownBy(await settled({ kind: 'failed', error, reason: 'fatal' })) as Error;

    expect(thrown).toBeInstanceOf(UnrecoverableError);
    expect(thrown.message).toBe('no such user');
    expect(parseFailureStack(thrown.stack ?? '')).toEqual({
      message: 'no such user',
      code: 'fatal',
      attempt: 2,
      reason: 'fatal',
    });
    expect(opts['stackTraceLimit']).toBe(10);
  });
});

describe('backoffStrategy', () => {
  it.each([
    ['no error', undefined],
    ['an error of another program', new Error('boom')],
  ])('does not wait for %s', (_what, error) => {
    expect(backoffStrategy(3, 'drover', error)).toBe(0);
  });
});
