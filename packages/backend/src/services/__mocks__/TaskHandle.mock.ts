import { type FoundHandle, type TaskHandle } from '@backend/tasks/domain/TaskHandle';
import { TaskResultError } from '@backend/tasks/domain/TaskResultError';
import { err, ok } from 'neverthrow';

const notRun = (): TaskResultError =>
  new TaskResultError('a mocked scheduler runs nothing', { code: 'timed-out' });

/** Makes the handle of a task that never runs. */
export const getMockedTaskHandle = <Output>(
  receipt: Pick<TaskHandle, 'id' | 'taskName' | 'correlationId' | 'disposition'>,
): TaskHandle<Output> => ({ ...receipt, ...getMockedFoundHandle<Output>(receipt) });

/** Makes the handle of a task that was scheduled earlier, and never runs. */
export const getMockedFoundHandle = <Output>({
  id,
  taskName,
}: Pick<FoundHandle, 'id' | 'taskName'>): FoundHandle<Output> => ({
  id,
  taskName,
  status: async () => ok('pending'),
  result: async () => err(notRun()),
  progress: async () => ok(undefined),
  events: async function* () {
    yield { status: 'pending' };
    yield { status: 'pending', error: notRun() };
  },
  cancel: async (reason) =>
    ok({
      id,
      name: taskName,
      status: 'cancelled',
      payload: {},
      attempt: 0,
      maxAttempts: 1,
      crashCount: 0,
      scheduledAt: new Date(),
      ...(reason === undefined ? {} : { cancelReason: reason }),
    }),
});
