import { setTimeout as sleep } from 'node:timers/promises';
import { createTaskInspector, defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region task
const importTask = defineTask({
  queueName: 'notes:import',
  schema: z.object({ files: z.array(z.string()) }),
  handler: async ({ files }, ctx) => {
    for (const [index, file] of files.entries()) {
      await sleep(300, undefined, { signal: ctx.signal }); // the work
      await ctx.progress({ done: index + 1, of: files.length });
      if (file.startsWith('.')) await ctx.log(`left out ${file}`);
    }
    return ok();
  },
});
// #endregion

const tasks = [importTask];
await using example = await startExample(tasks);
const { scheduler, logger, appConfig } = example;

const scheduled = await scheduler.schedule(CorrelationId(), importTask, { files: ['a.md', '.git', 'b.md'] });
if (scheduled.isErr()) throw scheduled.error;
const { id } = scheduled.value;

// #region events
const progressSchema = z.object({ done: z.number(), of: z.number() });
let shown = '';

for await (const { status, progress, log, error } of scheduler.handle(importTask, id).events()) {
  const parsed = progressSchema.safeParse(progress);
  if (parsed.success) shown = `${parsed.data.done} of ${parsed.data.of}`;
  if (log !== undefined) console.log(log);
  if (error !== undefined) console.log(error.code); // only on the last event, of a task that did not complete
  if (status === 'completed') console.log(shown, status);
}
// #endregion

// #region inspect
const inspector = createTaskInspector({ tasks, logger, appConfig });
const task = await inspector.getTask(id);
if (task.isOk()) console.log(JSON.stringify(task.value.progress));
const logs = await inspector.getLogs(id);
if (logs.isOk()) console.log(logs.value.join());
// #endregion
