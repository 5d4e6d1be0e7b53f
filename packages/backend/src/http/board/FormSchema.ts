import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { ENVELOPE_VERSION } from '@backend/tasks/domain/TaskEnvelope';
import { z } from 'zod';

/** A JSON schema, as the board's form takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Describes what may be typed into the board's forms for a task: its payload or, when a task is duplicated or edited, the
 * whole envelope. The forms send nothing while a rule is broken. What JSON schema cannot say (a transform, a `Date`) allows
 * anything; a task that cannot be described at all, or has only a validator, gives no schema, and its form takes any JSON.
 */
export const toFormSchema = ({ schema }: TaskDefinition<unknown>): JsonSchema | undefined => {
  if (schema === undefined) return undefined;
  const envelope = z.object({
    payload: schema,
    correlationId: z.string(),
    v: z.literal(ENVELOPE_VERSION),
  });
  try {
    return z.toJSONSchema(z.union([schema, envelope]), { unrepresentable: 'any', io: 'input' });
  } catch {
    // A board with a plainer form is better than none.
    return undefined;
  }
};
