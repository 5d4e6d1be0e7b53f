import { describe, expect, it } from 'bun:test';
import { TaskId } from '../../domain/TaskId';
import { toTestDelivery } from './toTestDelivery';

describe('toTestDelivery', () => {
  it('hands out the data as JSON carries it, a copy of its own', () => {
    const data = { list: [2, 1], at: new Date(0), left: undefined };
    const given = { taskId: TaskId(), data, attemptsMade: 0, scheduledAt: new Date(0) };
    const one = toTestDelivery(given).data as { readonly list: number[] };
    one.list.sort();

    expect([one, toTestDelivery(given).data]).toEqual([
      { list: [1, 2], at: '1970-01-01T00:00:00.000Z' },
      { list: [2, 1], at: '1970-01-01T00:00:00.000Z' },
    ]);
  });
});
