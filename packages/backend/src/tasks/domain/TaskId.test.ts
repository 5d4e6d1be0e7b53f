import { describe, expect, it } from 'bun:test';
import { isTaskId, TaskId } from './TaskId';

describe('TaskId', () => {
  it('makes ids that differ and sort by age', () => {
    const ids = Array.from({ length: 1000 }, TaskId);

    expect(new Set<string>(ids).size).toBe(1000);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('isTaskId', () => {
  it('accepts an id of ours', () => {
    expect(isTaskId(TaskId())).toBe(true);
  });

  it.each([
    '',
    'wait',
    'meta',
    '1',
    `${TaskId()}x`,
    `${TaskId()}\n`,
    7,
    null,
    undefined,
    { toString: TaskId },
  ])('refuses %p', (value) => {
    expect(isTaskId(value)).toBe(false);
  });
});
