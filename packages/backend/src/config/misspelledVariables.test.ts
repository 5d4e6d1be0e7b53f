import { describe, expect, it } from 'bun:test';
import { findMisspelledVariables } from './misspelledVariables';

describe('findMisspelledVariables', () => {
  it.each([
    ['WORKER_CONCURENCY', 'WORKER_CONCURRENCY'],
    ['REDIS_ULR', 'REDIS_URL'],
    ['TASK_TIMEOUT', undefined],
    ['TASK_TIMEOUT_M', 'TASK_TIMEOUT_MS'],
    ['REDIS_URL', undefined],
    ['REDIS_HOSTNAME', undefined],
    ['PORTT', undefined],
  ])('for %s suggests %p', (name, suggestion) => {
    expect(findMisspelledVariables({ [name]: '1' })).toEqual(
      suggestion === undefined ? [] : [`${name} is not read: did you mean ${suggestion}?`],
    );
  });

  it('ignores variables that are not set', () => {
    expect(findMisspelledVariables({ REDIS_ULR: '', WORKER_CONCURENCY: undefined })).toEqual([]);
  });
});
