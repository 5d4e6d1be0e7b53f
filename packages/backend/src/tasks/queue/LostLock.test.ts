import { describe, expect, it } from 'bun:test';
import { isLostLock } from './LostLock';

const coded = (code: unknown): Error => Object.assign(new Error('moveToFinished failed'), { code });

describe('isLostLock', () => {
  it.each([
    ['a missing job', true, coded(-1)],
    ['a missing lock', true, coded(-2)],
    ['a job that is not active', true, coded(-3)],
    ['a lock of another worker', true, coded(-6)],
    ['a failed renewal', true, new Error('could not renew lock for job 7')],
    ['pending children', false, coded(-4)],
    ['a refused connection', false, coded('ECONNREFUSED')],
    ['any other error', false, new Error('boom')],
  ])('for %s is %p', (_what, answer, error) => {
    expect(isLostLock(error as Error)).toBe(answer);
  });
});
