import { type RecurringOptions } from '@backend/tasks/domain/RecurringSchedule';
import { type ScheduleError } from '@backend/tasks/domain/ScheduleError';
import { type ScheduleId, toDefaultScheduleId } from '@backend/tasks/domain/ScheduleId';
import { type ScheduleOptions } from '@backend/tasks/domain/ScheduleOptions';
import { type ScheduleTiming, toCompleteTiming } from '@backend/tasks/domain/ScheduleTiming';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { toNotInTransaction } from '@backend/tasks/scheduler/RecurringCall';
import { type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { getMockedFoundHandle, getMockedTaskHandle } from './TaskHandle.mock';

/** One call of `schedule`, as a service made it. */
export interface ScheduledCall {
  readonly correlationId: CorrelationId;
  readonly taskName: string;
  readonly payload: unknown;
  readonly options: ScheduleOptions;
}

/** One call of `scheduleRecurring`, as a service made it. */
export interface RecurringCall extends Omit<ScheduledCall, 'options'> {
  readonly timing: ScheduleTiming;
  readonly options: RecurringOptions;
}

/** A scheduler that notes what it is given instead of queueing it. */
export interface MockedTaskScheduler extends TaskScheduler {
  readonly calls: readonly ScheduledCall[];
  readonly recurringCalls: readonly RecurringCall[];
}

/** Makes a scheduler for tests of services; with `error` every call fails with it. */
export const getMockedTaskScheduler = ({
  error,
}: {
  readonly error?: ScheduleError;
} = {}): MockedTaskScheduler => {
  const calls: ScheduledCall[] = [];
  const recurringCalls: RecurringCall[] = [];
  const scheduler: MockedTaskScheduler = {
    calls,
    recurringCalls,
    schedule: async (correlationId, { queueName: taskName }, payload, options = {}) => {
      calls.push({ correlationId, taskName, payload, options });
      return error === undefined
        ? ok(getMockedTaskHandle<never>({ id: TaskId(), taskName, correlationId, disposition: 'created' }))
        : err(error);
    },
    scheduleRecurring: async (correlationId, { queueName: taskName }, payload, timing, options = {}) => {
      recurringCalls.push({ correlationId, taskName, payload, timing, options });
      const id = toDefaultScheduleId(taskName, payload, toCompleteTiming(timing));
      return error === undefined ? ok((options.id as ScheduleId | undefined) ?? id) : err(error); // a mock checks nothing
    },
    within: () => ({
      ...scheduler,
      scheduleRecurring: async (_correlationId, { queueName }) => err(toNotInTransaction(queueName)),
    }),
    handle: ({ queueName: taskName }, id) => getMockedFoundHandle({ id: id as TaskId, taskName }), // a mock checks nothing
  };
  return scheduler;
};
