import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskScheduler } from '../../scheduler/TaskScheduler';
import { type CallRecords } from './CallRecords';
import { withInjected } from './MemoryTarget';

interface RecordingOptions {
  /** A call is made, whatever becomes of it: what it names may be no definition. */
  onCall(task: TaskDefinition<unknown>): void;
  readonly records: CallRecords;
}

/** A scheduler that tells of the calls it gets. */
export const toRecordingScheduler = (
  scheduler: TaskScheduler,
  { onCall, records }: RecordingOptions,
): TaskScheduler => ({
  ...scheduler,
  within: (transaction) => toRecordingScheduler(scheduler.within(transaction), { onCall, records }),
  schedule: async (correlationId, given, payload, options = {}) => {
    const task = given as TaskDefinition<unknown>; // the checks run no handler
    onCall(task);
    const accept = records.begin({ task, payload, options, correlationId });
    const answer = withInjected(await scheduler.schedule(correlationId, given, payload, options));
    if (answer.isOk()) accept(answer.value);
    return answer;
  },
  scheduleRecurring: (correlationId, task, payload, timing, options) => {
    onCall(task as TaskDefinition<unknown>); // the same
    return scheduler.scheduleRecurring(correlationId, task, payload, timing, options);
  },
});
