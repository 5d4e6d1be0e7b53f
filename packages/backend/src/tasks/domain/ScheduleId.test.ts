import { describe, expect, it } from 'bun:test';
import { correlationIdSchema } from '@core/domain/CorrelationId';
import {
  isScheduleId,
  scheduleIdProblems,
  toDefaultScheduleId,
  toDefinedScheduleId,
  toRunCorrelationId,
  toRunTaskId,
} from './ScheduleId';
import { isTaskId } from './TaskId';

const id = toDefinedScheduleId('reports:daily');

describe('scheduleIdProblems', () => {
  it.each(['a', 'reports:daily', 'A.b_c-9', 'x'.repeat(128)])('accepts %s', (given) => {
    expect(scheduleIdProblems(given)).toEqual([]);
  });

  it.each([[''], ['two words'], ['x'.repeat(129)], ['ü'], [5], [null]])('refuses %j', (given) => {
    const got = JSON.stringify(given).slice(0, 80);
    expect(scheduleIdProblems(given)).toEqual([
      `expected id to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got ${got}`,
    ]);
  });
});

describe('toDefaultScheduleId', () => {
  it('is the same for the same schedule, and another for another', () => {
    const timing = { everyMs: 1000 };
    const one = toDefaultScheduleId('a:b', { n: 1 }, timing);

    expect(one).toMatch(/^a:b-[0-9a-f]{12}$/);
    expect(toDefaultScheduleId('a:b', { n: 1 }, timing)).toBe(one);
    expect(toDefaultScheduleId('a:b', { n: 2 }, timing)).not.toBe(one);
    expect(toDefaultScheduleId('a:b', { n: 1 }, { everyMs: 2000 })).not.toBe(one);
  });

  it('is an id for the longest name', () => {
    expect(isScheduleId(toDefaultScheduleId('x'.repeat(128), {}, { everyMs: 1000 }))).toBe(true);
  });
});

describe('toRunTaskId', () => {
  it('is a task id that follows from schedule and time', () => {
    const taskId = toRunTaskId(id, 1_700_000_000_000);

    expect(isTaskId(taskId)).toBe(true);
    expect(taskId[14]).toBe('7');
    expect(toRunTaskId(id, 1_700_000_000_000)).toBe(taskId);
    expect(toRunTaskId(id, 1_700_000_000_001)).not.toBe(taskId);
    expect(toRunTaskId(toDefinedScheduleId('reports:weekly'), 1_700_000_000_000)).not.toBe(taskId);
  });

  it('sorts by its time', () => {
    const times = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000];
    const ids = times.map((ms) => toRunTaskId(id, ms));

    expect(ids.toSorted()).toEqual(ids);
  });
});

describe('toRunCorrelationId', () => {
  it('is a correlation ID of its own for each run', () => {
    const [one, other] = [1, 2].map((ms) => toRunCorrelationId(toRunTaskId(id, ms)));

    expect(correlationIdSchema.safeParse(one).success).toBe(true);
    expect(one).not.toBe(other);
  });
});
