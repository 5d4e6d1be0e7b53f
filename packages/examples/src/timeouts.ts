import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region signal
const renderReportTask = defineTask({
  queueName: 'reports:render',
  schema: z.object({ pages: z.number().int() }),
  handler: async ({ pages }, { signal, logger }) => {
    signal.addEventListener('abort', () => logger.warn('Rendering stops', { reason: signal.reason.message }));
    await sleep(pages * 100, undefined, { signal }); // fetch, database clients and child processes take a signal too
    return ok({ pages });
  },
  options: { timeoutMs: 250, maxAttempts: 2, backoffMs: 10 },
});
// #endregion

await using example = await startExample([renderReportTask]);
for (const pages of [1, 100]) {
  const { status, attempt, value, error } = await example.run(renderReportTask, { pages });
  console.log(
    status,
    `in attempt ${attempt}`,
    value === undefined ? error?.message : JSON.stringify(value),
    error?.reason ?? '-',
  );
}
