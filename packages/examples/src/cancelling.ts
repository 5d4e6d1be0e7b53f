import { setTimeout as sleep } from 'node:timers/promises';
import { createTaskInspector, defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region handler
const exportOrdersTask = defineTask({
  queueName: 'orders:export',
  schema: z.object({ pages: z.number().int() }),
  handler: async ({ pages }, { signal }) => {
    for (let page = 1; page <= pages; page += 1) {
      await sleep(50, undefined, { signal }); // stops at once when the signal is aborted
    }
    return ok({ pages });
  },
  options: { timeoutMs: 600_000 },
});
// #endregion

const tasks = [exportOrdersTask];
await using example = await startExample(tasks);
const { scheduler, logger, appConfig } = example;
const inspector = createTaskInspector({ tasks, logger, appConfig });
const scheduled = await scheduler.schedule(CorrelationId(), exportOrdersTask, { pages: 10_000 });
if (scheduled.isErr()) throw scheduled.error;
const { id } = scheduled.value;
while ((await inspector.getTask(id)).unwrapOr(undefined)?.status !== 'running') await sleep(20);

// #region cancel
const asked = await inspector.cancel(id, 'nobody waits for it any more');
if (asked.isErr()) throw asked.error;
const { status, cancelRequestedAt } = asked.value;
console.log(status, cancelRequestedAt !== undefined); // it is told, and ends in a moment

const ended = await example.ended(id);
console.log(ended.status, ended.cancelReason);
// #endregion

// #region handle
const again = await scheduler.handle(exportOrdersTask, id).cancel();
if (again.isOk()) console.log(again.value.status); // it was cancelled already
// #endregion

const refused = await inspector.cancel((await example.run(exportOrdersTask, { pages: 1 })).id);
if (refused.isErr()) console.log(refused.error.code, refused.error.metadata['status']);
