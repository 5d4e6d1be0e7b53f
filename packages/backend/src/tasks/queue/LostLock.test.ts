import { describe, expect, it } from 'bun:test';
import { isFailedRenewal, isLapsedLock, isLostLock, LostLockError } from './LostLock';

const coded = (code: unknown): Error => Object.assign(new Error('moveToFinished failed'), { code });

describe('isLostLock', () => {
  it.each([
    ['a missing job', true, coded(-1)],
    ['a missing lock', true, coded(-2)],
    ['a job that is not active', true, coded(-3)],
    ['a lock of another worker', true, coded(-6)],
    ['a lock that could not be taken back', true, new LostLockError('7')],
    [
      'a renewal that failed, of which BullMQ tells otherwise too',
      false,
      new Error('could not renew lock for job 7'),
    ],
    ['pending children', false, coded(-4)],
    ['a refused connection', false, coded('ECONNREFUSED')],
    ['any other error', false, new Error('boom')],
  ])('for %s is %p', (_what, answer, error) => {
    expect(isLostLock(error as Error)).toBe(answer);
  });
});

describe('isLapsedLock', () => {
  it.each([
    [true, 'a missing lock', coded(-2)],
    [false, 'a missing job', coded(-1)],
    [false, 'a lock of another worker', coded(-6)],
    [false, 'what is no error', { code: -2 }],
  ])('is %p for %s', (answer, _what, error) => {
    expect(isLapsedLock(error)).toBe(answer);
  });
});

describe('isFailedRenewal', () => {
  it.each([
    [true, 'could not renew lock for job 7'],
    [false, 'Missing lock for job 7'],
  ])('is %p for "%s"', (answer, message) => {
    expect(isFailedRenewal(new Error(message))).toBe(answer);
  });
});
