import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { z } from 'zod';

/** A JSON schema, as the board's form takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Describes a task's payload for the board's form. What JSON schema cannot say (a transform, a `Date`) allows anything, and a
 * schema that cannot be described at all, or a task that has only a validator, gives no schema: the form then takes any JSON.
 */
export const toPayloadSchema = ({ schema }: TaskDefinition<unknown>): JsonSchema | undefined => {
  if (schema === undefined) return undefined;
  try {
    return z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  } catch {
    // A board with a plainer form is better than none.
    return undefined;
  }
};
