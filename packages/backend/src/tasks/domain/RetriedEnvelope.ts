import { bareEnvelope, isEnvelope } from './TaskEnvelope';
import { isTaskId, type TaskId } from './TaskId';

interface RetriedTask {
  /** The task that is done again. */
  readonly id: TaskId;
  readonly taskName: string;
  /** Whether the new task goes on with the finished steps of the old one. */
  readonly keepsSteps: boolean;
}

/**
 * Builds the envelope of a task that does another one again: the same payload, correlation ID, owner, metadata and
 * overrides. It names the old task, never expires, since whoever retries a task wants it run, and nobody waits for it. With
 * the old task's steps it names the first task of the chain too, whose idempotency keys its steps go on with.
 *
 * @param data What the old job stores: an envelope of any version, or the bare payload of a job that plain BullMQ wrote.
 */
export const toRetriedEnvelope = (
  data: unknown,
  { id, taskName, keepsSteps }: RetriedTask,
): Readonly<Record<string, unknown>> => {
  // The worker's own origin: a bare job keeps the correlation ID that its log lines had.
  const envelope = isEnvelope(data) ? data : bareEnvelope(data, `${taskName}:${id}`);
  const {
    expiresAtMs: _expiry,
    ancestors: _ancestors,
    stepsOf,
    ...kept
  } = {
    expiresAtMs: undefined,
    ancestors: undefined,
    stepsOf: undefined,
    ...envelope,
  };
  return {
    ...kept,
    ...(isTaskId(id) ? { retriedFrom: id } : {}),
    ...(keepsSteps ? { stepsOf: stepsOf ?? id } : {}),
  };
};
