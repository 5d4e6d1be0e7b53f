import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { toCancelledError } from '../domain/CancelRequest';
import { emptyStepStore } from '../domain/emptyStepStore';
import { bareEnvelope } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type TaskOutcome } from '../domain/TaskOutcome';
import { createCancellation } from '../queue/Cancellation';
import { type Delivery } from '../queue/Delivery';
import { idlePowers } from './__fixtures__/idlePowers';
import { type AttemptEnd } from './Attempt';
import { logAttempt } from './attemptLog';
import { toLostLock } from './GivenBack';

const scheduledAtMs = 1_900_000_000_000;
const envelope = bareEnvelope({ secret: 'hunter2' }, 'a:1');
const taskId = TaskId();

const log = (
  outcome: TaskOutcome,
  { attempt = 1, ...change }: Partial<Delivery> & Partial<Pick<AttemptEnd, 'attempt'>> = {},
) => {
  const logger = getMockedLogger();
  logAttempt({
    logger,
    taskName: 'emails:send',
    delivery: {
      taskId,
      data: envelope,
      attemptsMade: 0,
      crashCount: 0,
      scheduledAt: new Date(scheduledAtMs),
      delayMs: 1000,
      runKey: '1',
      takenCount: 1,
      checkHeld: () => undefined,
      cancellation: createCancellation(),
      report: { progress: () => undefined, log: () => undefined },
      steps: emptyStepStore,
      ...idlePowers,
      ...change,
    },
    end: {
      outcome,
      attempt,
      maxAttempts: 3,
      envelope,
      startedAt: new Date(scheduledAtMs + 1070),
      hasBegun: true,
      unendedChildren: [],
    },
    endedAtMs: scheduledAtMs + 1075,
  });
  return logger;
};

const facts = (outcome: string) => ({
  taskName: 'emails:send',
  taskId,
  correlationId: envelope.correlationId,
  attempt: 1,
  maxAttempts: 3,
  outcome,
  waitMs: 70,
  runMs: 5,
});

const error = new TaskError('SMTP refused');

describe('logAttempt', () => {
  it('writes one line for a completed task', () => {
    const logger = log({ kind: 'completed', value: 'a result' });

    expect(logger.info.mock.calls).toEqual([['Task completed', facts('completed')]]);
  });

  it('writes another line for a skip, with its reason', () => {
    const logger = log({ kind: 'completed', value: { status: 'skipped', reason: 'gone' } });

    expect(logger.info.mock.calls).toEqual([['Task skipped', { ...facts('completed'), reason: 'gone' }]]);
  });

  it('warns of an attempt that failed, with reason, message and wait', () => {
    const logger = log({ kind: 'retry', error, delayMs: 5000 });

    expect(logger.warn.mock.calls).toEqual([
      [
        'Task failed an attempt and will be retried',
        { ...facts('retry'), reason: 'task-failed', error: 'SMTP refused', retryInMs: 5000 },
      ],
    ]);
  });

  it('says why and for how long a task is put off', () => {
    const logger = log({ kind: 'snoozed', error: TaskError.retryLater(5000, 'quota'), delayMs: 5000 });

    expect(logger.info.mock.calls).toEqual([
      [
        'Task asked to run later',
        { ...facts('snoozed'), reason: 'retry-later', error: 'quota', retryInMs: 5000 },
      ],
    ]);
  });

  it('says that a task is given back', () => {
    const logger = log({ kind: 'released', error: new TaskError('x', {}, { code: 'shutdown' }) });

    expect(logger.info.mock.calls).toEqual([
      ['Task given back: the worker is stopping', { ...facts('released'), reason: 'shutdown' }],
    ]);
  });

  it('says another thing of a task that was put back because its lock had lapsed', () => {
    const logger = log({ kind: 'released', error: toLostLock() });

    expect(logger.info.mock.calls).toEqual([
      ['Task given back: the attempt lost its lock', { ...facts('released'), reason: 'lost-lock' }],
    ]);
  });

  it('says that a task was cancelled, and why', () => {
    const cancelled = toCancelledError({ requestedAt: new Date(), reason: 'no longer wanted' });
    const logger = log({ kind: 'cancelled', error: cancelled });

    expect(logger.info.mock.calls).toEqual([
      [
        'Task cancelled while it ran',
        { ...facts('cancelled'), reason: 'cancelled', error: 'the task was cancelled: no longer wanted' },
      ],
    ]);
  });

  it('reports a task that failed for good as an error, with the reason', () => {
    const logger = log({ kind: 'failed', error, reason: 'exhausted' });

    expect(logger.error.mock.calls).toEqual([
      ['Task failed for good', error, { ...facts('failed'), reason: 'exhausted' }],
    ]);
  });

  it.each([
    ['the queue knows as that', { attemptsMade: 1 }],
    ['the queue has forgotten the first of', {}],
  ])('knows no wait of a later attempt, which %s', (_name, change) => {
    const { waitMs: _, ...others } = facts('completed');

    expect(log({ kind: 'completed', value: 1 }, { attempt: 2, ...change }).info.mock.calls).toEqual([
      ['Task completed', { ...others, attempt: 2 }],
    ]);
  });

  it('knows no negative wait, when clocks differ', () => {
    const logger = log({ kind: 'completed', value: 1 }, { delayMs: 9999 });

    expect(logger.info.mock.calls).toEqual([['Task completed', { ...facts('completed'), waitMs: 0 }]]);
  });
});
