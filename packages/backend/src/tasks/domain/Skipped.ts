import { z } from 'zod';
import { isRecord } from './fieldProblems';

/** What `ok` carries when there was nothing to do; a success, which statistics count apart. */
export interface Skipped {
  readonly status: 'skipped';
  /** Why, for whoever reads the log or the record. */
  readonly reason: string;
}

/**
 * The schema of {@link Skipped}, for the `output` of a definition whose handler may skip: what the task answers is then
 * typed as either. A skip is never refused, whatever `output` says.
 *
 * @example
 * output: z.object({ messageId: z.string() }).or(skippedSchema)
 */
export const skippedSchema: z.ZodType<Skipped> = z.object({
  status: z.literal('skipped'),
  reason: z.string(),
});

/** Says that there was nothing to do: `return ok(skipped('the user is gone'))`. */
export const skipped = (reason: string): Skipped => ({ status: 'skipped', reason });

/** Says whether a task's value is a skip: an object with the status `skipped` and a reason, whatever else it has. */
export const isSkipped = (value: unknown): value is Skipped => {
  try {
    return isRecord(value) && value['status'] === 'skipped' && typeof value['reason'] === 'string';
  } catch {
    // A handler's object may refuse to be read; storing it says so.
    return false;
  }
};
