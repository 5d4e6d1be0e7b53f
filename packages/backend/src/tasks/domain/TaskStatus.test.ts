import { describe, expect, it } from 'bun:test';
import { isTerminalStatus, TASK_STATUSES } from './TaskStatus';

describe('isTerminalStatus', () => {
  it('is true for exactly the statuses that never change again', () => {
    expect(TASK_STATUSES.filter(isTerminalStatus)).toEqual(['completed', 'failed', 'cancelled']);
  });
});
