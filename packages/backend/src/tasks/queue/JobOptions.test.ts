import { describe, expect, it } from 'bun:test';
import { type Priority } from '../domain/Priority';
import { TaskId } from '../domain/TaskId';
import { fromJobPriority, toJobOptions, toJobPriority } from './JobOptions';

describe('toJobPriority', () => {
  const priorities: [ours: Priority | undefined, bullmq: number][] = [
    [undefined, 51],
    ['low', 91],
    ['normal', 51],
    ['high', 26],
    ['critical', 1],
    [0, 101],
    [100, 1],
  ];

  it.each(priorities)('translates %p to %i, lower first and never 0', (ours, bullmq) => {
    expect(toJobPriority(ours)).toBe(bullmq);
  });
});

describe('fromJobPriority', () => {
  it.each([
    [0, 100],
    [1, 100],
    [51, 50],
    [101, 0],
    [50.984375, 50],
    [0.5, 100],
    [102, -1],
    [-1, 102],
  ])("translates BullMQ's %i to %i", (bullmq, ours) => {
    expect(fromJobPriority(bullmq)).toBe(ours);
  });

  it('undoes toJobPriority', () => {
    const numbers = Array.from({ length: 101 }, (_, priority) => priority);
    expect(numbers.map((priority) => fromJobPriority(toJobPriority(priority)))).toEqual(numbers);
  });
});

describe('toJobOptions', () => {
  const id = TaskId();
  const nowMs = 1_900_000_000_000;
  const build = (task: object, call: object, delayMs = 0) =>
    toJobOptions({ id, task, call, delayMs, nowMs, maxAttempts: 3 });

  it('always names id, priority and attempts, and nothing that every job would store again', () => {
    expect(build({}, {})).toStrictEqual({ jobId: id, priority: 51, attempts: 3 });
  });

  it('names time and delay of a task that is not due yet', () => {
    const options = { jobId: id, priority: 51, attempts: 3, delay: 5000, timestamp: nowMs };
    expect(build({}, {}, 5000)).toStrictEqual(options);
  });

  it('moves a child before others of its priority, the deeper the further, and never to the next one', () => {
    const priorities = [0, 1, 2, 32].map(
      (depth) => toJobOptions({ id, task: {}, call: {}, depth, nowMs, maxAttempts: 3 }).priority,
    );
    expect(priorities).toEqual([51, 50.984375, 50.96875, 50.5]);
  });

  it('takes the definition’s priority, and the call’s before it', () => {
    expect(build({ priority: 'high' }, {}).priority).toBe(26);
    expect(build({ priority: 'high' }, { priority: 0 }).priority).toBe(101);
  });
});
