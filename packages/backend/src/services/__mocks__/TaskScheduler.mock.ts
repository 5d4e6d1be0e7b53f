import { type ScheduleOptions } from '@backend/tasks/domain/ScheduleOptions';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { type ScheduleError } from '@backend/tasks/scheduler/ScheduleError';
import { type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';

/** One call of `schedule`, as a service made it. */
export interface ScheduledCall {
  readonly correlationId: CorrelationId;
  readonly taskName: string;
  readonly payload: unknown;
  readonly options: ScheduleOptions;
}

/** A scheduler that notes what it is given instead of queueing it. */
export interface MockedTaskScheduler extends TaskScheduler {
  readonly calls: readonly ScheduledCall[];
}

/** Makes a scheduler for tests of services; with `error` every call fails with it. */
export const getMockedTaskScheduler = ({
  error,
}: {
  readonly error?: ScheduleError;
} = {}): MockedTaskScheduler => {
  const calls: ScheduledCall[] = [];
  return {
    calls,
    schedule: async (correlationId, { queueName: taskName }, payload, options = {}) => {
      calls.push({ correlationId, taskName, payload, options });
      return error === undefined
        ? ok({ id: TaskId(), taskName, correlationId, disposition: 'created' })
        : err(error);
    },
  };
};
