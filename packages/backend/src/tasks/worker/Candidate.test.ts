import { describe, expect, it } from 'bun:test';
import { type NextTask } from '../queue/glance';
import { pickBest, toRank } from './Candidate';

const task = (jobPriority: number, dueAtMs = 0, id = 'a'): NextTask => ({ jobPriority, dueAtMs, id });

describe('toRank', () => {
  it.each([
    ['our lowest priority', task(101), 0, 0],
    ['our highest', task(1), 0, 100],
    ['a task that was put back', task(0), 0, 101],
    ['a task that waits while waiting does not count', task(51), 0, 50],
    ['a task that waits', task(51), 100, 60],
    ['a task that is due later, by another clock', task(51, 2000), 100, 50],
  ])('of %s', (_what, next, agingMs, rank) => {
    expect(toRank(next, 1000, agingMs)).toBe(rank);
  });
});

describe('pickBest', () => {
  const pick = (...tasks: readonly (NextTask | undefined)[]) =>
    pickBest(
      tasks.map((next, queue) => ({ queue, next })),
      1000,
      0,
    )?.queue;

  it.each([
    ['the highest priority', 1, [task(51), task(26), task(91)]],
    ['the oldest of equal ones', 2, [task(51, 9), task(51, 8), task(51, 7)]],
    ['the first id of equally old ones', 1, [task(51, 7, 'b'), task(51, 7, 'a')]],
    ['a task before none', 1, [undefined, task(101)]],
    ['somebody, when nothing is known of anybody', 0, [undefined, undefined]],
  ])('picks %s', (_what, queue, tasks) => {
    expect(pick(...tasks)).toBe(queue);
  });

  it('picks nobody of none', () => {
    expect(pick()).toBeUndefined();
  });
});
