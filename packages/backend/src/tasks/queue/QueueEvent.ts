import { type TaskSighting } from '../domain/TaskSighting';
import { parseJson } from './TaskRecordReader';

/** One entry of a queue's events, as BullMQ and our own scripts write it. */
export interface QueueEvent {
  readonly name: string;
  readonly jobId: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** What XREAD answers for one stream: its key, and entries with their ids and fields. */
export type StreamReply = readonly [
  key: string,
  entries: readonly (readonly [id: string, fields: readonly string[]])[],
];

/** Reads an entry; `undefined` for one about no task, such as `drained`. */
export const toQueueEvent = (flat: readonly string[]): QueueEvent | undefined => {
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2)
    fields.set(flat[index] ?? '', flat[index + 1] ?? '');
  const jobId = fields.get('jobId');
  return jobId === undefined ? undefined : { name: fields.get('event') ?? '', jobId, fields };
};

/** Events after which a task may have ended, or is gone. */
const ENDS: readonly string[] = ['completed', 'failed', 'cancelled', 'removed'];

/** Says whether a task may have ended with an event. */
export const isEnd = ({ name }: QueueEvent): boolean => ENDS.includes(name);

/** The end that an event tells by itself, of a task that is deleted with its end; `undefined` when it tells none. */
export const toToldEnd = ({ name, fields }: QueueEvent): TaskSighting['end'] => {
  switch (name) {
    case 'completed':
      return { kind: 'completed', value: parseJson(fields.get('returnvalue') ?? '', undefined) };
    case 'failed': {
      // The code, the attempt and the reason went with the task.
      const message = fields.get('failedReason') ?? 'no reason is known';
      return { kind: 'failed', error: { message, code: 'task-failed', attempt: 0 } };
    }
    case 'cancelled': {
      const reason = fields.get('reason') ?? '';
      return { kind: 'cancelled', ...(reason === '' ? {} : { reason }) };
    }
    default:
      return undefined;
  }
};
