import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { digestItem } from '../digestItem';

/** The schema of {@link BatchPayload}. */
export const batchPayloadSchema = z.object({
  items: z.array(z.object({ id: z.string().min(1), text: z.string() })).max(10_000),
  /** When the batch began, milliseconds since 1970. */
  startTime: z.number().int().nonnegative(),
});

/** Items to process one after the other. */
export type BatchPayload = Readonly<z.output<typeof batchPayloadSchema>>;

/**
 * Computes the digest of every item, in order, and answers how many there were and the milliseconds since `startTime`.
 * Stops between two items when the attempt is aborted; the next attempt begins anew, which is harmless.
 */
export const processBatchTask = defineTask({
  queueName: 'data:process-batch',
  schema: batchPayloadSchema,
  handler: async ({ items, startTime }: BatchPayload, ctx) => {
    const results: string[] = [];
    for (const item of items) {
      if (ctx.signal.aborted) {
        return err(
          new TaskError('the batch was stopped', { processed: results.length, total: items.length }),
        );
      }
      const result = await digestItem(item);
      results.push(result);
      ctx.logger.debug('Processed item', { itemId: item.id, result });
    }
    return ok({ success: true, processed: results.length, duration: Date.now() - startTime });
  },
});
