import { TaskId } from '../TaskId';
import { type TaskRecord } from '../TaskRecord';

/** The record of a task that waits, unless the test says otherwise. */
export const sampleRecord = (given: Partial<TaskRecord> = {}): TaskRecord => ({
  id: TaskId(),
  name: 'emails:send',
  status: 'pending',
  payload: {},
  attempt: 0,
  maxAttempts: 3,
  crashCount: 0,
  scheduledAt: new Date(0),
  ...given,
});
