import { type TaskEnvelope } from './TaskEnvelope';
import { type TaskRecord } from './TaskRecord';

/** What the record of a task takes over from its envelope. */
export const envelopeFields = ({
  payload,
  correlationId,
  parentId,
  userId,
  metadata,
  retriedFrom,
  scheduleId,
  expiresAtMs,
}: TaskEnvelope): Partial<TaskRecord> & Pick<TaskRecord, 'payload'> => ({
  payload,
  correlationId,
  ...(parentId === undefined ? {} : { parentId }),
  ...(userId === undefined ? {} : { userId }),
  ...(metadata === undefined ? {} : { metadata }),
  ...(retriedFrom === undefined ? {} : { retriedFrom }),
  ...(scheduleId === undefined ? {} : { scheduleId }),
  ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
});
