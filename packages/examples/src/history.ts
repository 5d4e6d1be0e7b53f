import { createTaskInspector, defineTask, renderTrace, TaskError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const chargeTask = defineTask({
  queueName: 'payments:charge',
  schema: z.object({ order: z.string() }),
  handler: async ({ order }, ctx) => {
    if (ctx.attempt === 1) return err(new TaskError('the bank does not answer'));
    return ok({ receipt: `R-${order}` });
  },
  options: { backoffMs: 10 },
});

const packTask = defineTask({
  queueName: 'orders:pack',
  schema: z.object({ order: z.string(), note: z.string() }),
  handler: async ({ order }, ctx) => {
    const charged = await ctx.schedule(chargeTask, { order });
    return charged.isOk() ? ok({ packed: order }) : err(new TaskError(charged.error.message));
  },
});

const tasks = [packTask, chargeTask];
await using example = await startExample(tasks);
const { scheduler, logger, appConfig } = example;
const inspector = createTaskInspector({ tasks, logger, appConfig });

// #region schedule
const correlationId = CorrelationId(); // of the request that places the order
const placed = await scheduler.schedule(correlationId, packTask, { order: 'A-1', note: 'Gift for Zoë' });
// #endregion
if (placed.isErr()) throw placed.error;
const { id } = placed.value;
await example.ended(id);
const children = await inspector.getTasks({ parentId: id });
for (const child of children.isOk() ? children.value.tasks : []) await example.ended(child.id);

// #region search
const found = await inspector.getTasks({ text: 'gift for', name: 'orders:pack', status: 'completed' });
if (found.isErr()) throw found.error;
for (const { status, payload } of found.value.tasks) console.log(status, JSON.stringify(payload));
// #endregion

// #region trace
const trace = await inspector.trace(correlationId);
if (trace.isErr()) throw trace.error;
console.log(renderTrace(trace.value));
// #endregion

// #region attempts
const [charge] = trace.value.roots.flatMap((root) => root.children);
if (charge === undefined) throw new Error('the order was not charged');
const attempts = await inspector.getAttempts(charge.task.id);
if (attempts.isErr()) throw attempts.error;
for (const { number, outcome, error } of attempts.value) console.log(number, outcome, error?.message ?? '-');
// #endregion
