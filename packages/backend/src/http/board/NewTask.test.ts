import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { parseBoardForm } from './NewTask';

const payload = { to: 'ada@example.com' };

describe('parseBoardForm', () => {
  it('takes plain data as the payload', () => {
    expect(parseBoardForm({ data: payload, options: {} })._unsafeUnwrap()).toEqual({ payload, options: {} });
  });

  it('translates the options to ours', () => {
    const options = { delay: 5000, attempts: 4, priority: 26, backoff: { type: 'fixed', delay: 200 } };

    expect(parseBoardForm({ data: payload, options })._unsafeUnwrap().options).toEqual({
      delayMs: 5000,
      maxAttempts: 4,
      priority: 75,
      backoffMs: 200,
    });
  });

  it.each([
    [0, 100],
    [1, 100],
    [51, 50],
    [101, 0],
  ])("translates BullMQ's priority %i to %i", (priority, expected) => {
    expect(parseBoardForm({ data: payload, options: { priority } })._unsafeUnwrap().options).toEqual({
      priority: expected,
    });
  });

  it('takes a duplicated task with its ids, but as a new task', () => {
    const [correlationId, userId] = [CorrelationId(), UserId()];
    const overrides = { timeoutMs: 9, maxAttempts: 7, backoffMs: 50 };
    const data = { v: 1, payload, correlationId, userId, metadata: { order: 7 }, overrides };
    const options = { attempts: 7, jobId: 'the-old-one', timestamp: 1, removeOnComplete: true };

    expect(parseBoardForm({ data, options })._unsafeUnwrap()).toEqual({
      payload,
      correlationId,
      options: { userId, metadata: { order: 7 }, timeoutMs: 9, backoffMs: 50, maxAttempts: 7 },
    });
  });

  it.each([
    [
      'unknown ones',
      { repeat: { every: 1000 }, lifo: true },
      'expected only the options delay, attempts, priority, backoff, got repeat, lifo as well',
    ],
    ['a list', [], 'expected the job options to be an object'],
    ['a text', 'soon', 'expected the job options to be an object'],
  ])('refuses as options %s', (_what, options, message) => {
    expect(parseBoardForm({ data: payload, options })._unsafeUnwrapErr().message).toBe(message);
  });

  it('refuses an envelope of another version', () => {
    const data = { v: 9, payload, correlationId: CorrelationId() };

    expect(parseBoardForm({ data, options: {} })._unsafeUnwrapErr().message).toBe(
      'expected envelope version 1, got 9',
    );
  });
});
