import { describe, expect, it } from 'bun:test';
import { v4 } from 'uuid';
import { isTaskId, TaskId, taskIdTimeMs } from './TaskId';

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

describe('taskIdTimeMs', () => {
  it('is the moment an id was made at', () => {
    const beforeMs = Date.now();
    const madeAtMs = taskIdTimeMs(TaskId());

    expect(madeAtMs).toBeWithin(beforeMs, Date.now() + 10); // ids of one millisecond may run ahead of the clock
    expect(taskIdTimeMs('019b76da-a800-7000-8000-000000000000')).toBe(Date.parse('2026-01-01T00:00:00Z'));
  });

  it.each(['1', 'wait', v4()])('is not known of %p', (id) => {
    expect(taskIdTimeMs(id)).toBeUndefined();
  });
});
