import { defineTask, TaskError } from '@backend/tasks';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

/** Stands for a table with a unique key: writing the same row twice changes nothing. */
const stored = new Map<string, number>();

// #region batch
const importPricesTask = defineTask({
  queueName: 'prices:update',
  schema: z.object({ rows: z.array(z.object({ sku: z.string(), cents: z.number() })).max(1000) }),
  handler: async ({ rows }, { signal, logger }) => {
    const refused: string[] = [];
    for (const { sku, cents } of rows) {
      if (signal.aborted) return err(new TaskError('the import was stopped', { stored: stored.size }));
      if (cents < 0) refused.push(sku);
      else stored.set(sku, cents); // the same row again changes nothing, so the batch may run twice
      logger.debug('Imported a row', { sku });
    }
    return ok({ imported: rows.length - refused.length, refused });
  },
});
// #endregion

await using example = await startExample([importPricesTask]);
const rows = [
  { sku: 'pen', cents: 120 },
  { sku: 'ink', cents: -1 },
  { sku: 'pad', cents: 350 },
];
const { status, value } = await example.run(importPricesTask, { rows });
console.log(status, JSON.stringify(value));
