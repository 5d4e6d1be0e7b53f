import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { isEnvelope, parseEnvelope } from '@backend/tasks/domain/TaskEnvelope';
import { checkPayload } from '@backend/tasks/scheduler/PayloadCheck';
import { err, ok, type Result } from 'neverthrow';
import { BoardRefusal } from './BoardRefusal';

interface EditedDataOptions {
  readonly task: TaskDefinition<unknown>;
  /** What the job stores now. */
  readonly stored: unknown;
  /** What was typed: a whole envelope, or a payload. */
  readonly edited: unknown;
  readonly maxPayloadBytes: number;
}

/**
 * Makes what a job stores of data that was edited on the board. A bare payload is put into the envelope that was there, so
 * that the task keeps its correlation ID. Pure.
 *
 * @returns `BoardRefusal` when the task could not run with it.
 */
export const toEditedData = ({
  task,
  stored,
  edited,
  maxPayloadBytes,
}: EditedDataOptions): Result<unknown, BoardRefusal> => {
  const data = !isEnvelope(edited) && isEnvelope(stored) ? { ...stored, payload: edited } : edited;
  const payload = isEnvelope(data) ? parseEnvelope(data).map((envelope) => envelope.payload) : ok(data);
  if (payload.isErr()) return err(new BoardRefusal(payload.error.message));
  return checkPayload(task, payload.value, maxPayloadBytes)
    .map(() => data)
    .mapErr(({ message }) => new BoardRefusal(message));
};
