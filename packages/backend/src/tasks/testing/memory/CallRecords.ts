import { Result } from 'neverthrow';
import { type TaskHandle } from '../../domain/TaskHandle';
import { type ScheduleCall } from '../../scheduler/CallCheck';
import { type ScheduledTask } from '../ScheduledTask';
import { copyPlain } from './copyPlain';

/** The calls of a test that were accepted. */
export interface CallRecords {
  /** In their order; grows. */
  readonly list: readonly ScheduledTask[];
  /** Takes a call as it is now: its caller may change its objects at once. Answers what notes that it was accepted. */
  begin(call: Omit<ScheduleCall, 'nowMs'>): (receipt: Pick<TaskHandle, 'id' | 'disposition'>) => void;
}

/** Creates an empty list. */
export const createCallRecords = (): CallRecords => {
  const list: ScheduledTask[] = [];
  return {
    list,
    begin: ({ task, payload, options, correlationId, parentId }) => {
      // What cannot be read is refused by the call itself.
      const copied = copyCall({ payload, options }).unwrapOr({ payload, options });
      const parent = parentId === undefined ? {} : { parentId };
      return ({ id, disposition }) =>
        void list.push({ id, taskName: task.queueName, ...copied, correlationId, disposition, ...parent });
    },
  };
};

type Given = Pick<ScheduleCall, 'payload' | 'options'>;

const copyCall = Result.fromThrowable((given: Given) => copyPlain(given) as Given); // the same fields
