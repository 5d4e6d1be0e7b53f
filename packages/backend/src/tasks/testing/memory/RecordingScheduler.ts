import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskScheduler } from '../../scheduler/TaskScheduler';
import { type ScheduledTask } from '../ScheduledTask';
import { withInjected } from './MemoryTarget';

interface RecordingOptions {
  /** A call is made, whatever becomes of it: what it names may be no definition. */
  onCall(task: TaskDefinition<unknown>): void;
  /** A call of `schedule` was accepted. */
  onScheduled(call: ScheduledTask): void;
}

/** A scheduler that tells of the calls it gets. */
export const toRecordingScheduler = (
  scheduler: TaskScheduler,
  { onCall, onScheduled }: RecordingOptions,
): TaskScheduler => ({
  ...scheduler,
  schedule: async (correlationId, task, payload, options) => {
    onCall(task as TaskDefinition<unknown>); // the checks run no handler
    const answer = withInjected(await scheduler.schedule(correlationId, task, payload, options));
    if (answer.isOk()) {
      const { id, taskName, disposition } = answer.value;
      onScheduled({ id, taskName, payload, options: options ?? {}, correlationId, disposition });
    }
    return answer;
  },
  scheduleRecurring: (correlationId, task, payload, timing, options) => {
    onCall(task as TaskDefinition<unknown>); // the same
    return scheduler.scheduleRecurring(correlationId, task, payload, timing, options);
  },
});
