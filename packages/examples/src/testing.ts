import { defineTask, TaskError } from '@backend/tasks';
import { createTestContext, createTestScheduler, runTask } from '@backend/tasks/testing';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';

// A receipt is printed a day after its order was shipped.
const printReceiptTask = defineTask({
  queueName: 'shop:print-receipt',
  schema: z.object({ orderId: z.string() }),
  handler: ({ orderId }) => ok({ printed: orderId }),
});

// #region attempt
const shipOrderTask = defineTask({
  queueName: 'shop:ship',
  schema: z.object({ orderId: z.string(), parcels: z.number().int().positive() }),
  output: z.object({ shipped: z.number() }),
  handler: async ({ parcels }, ctx) => {
    await ctx.progress({ packed: parcels });
    if (ctx.attempt === 1) return err(new TaskError('the printer is out of paper'));
    return ok({ shipped: parcels });
  },
});

const order = { orderId: 'o1', parcels: 2 };
const ctx = createTestContext();
const first = await runTask(shipOrderTask, order, ctx);
console.log(first.kind, first.kind === 'retry' ? `in ${first.delayMs} ms` : '');

const second = await runTask(shipOrderTask, order, ctx.next());
console.log(JSON.stringify(second), JSON.stringify(ctx.recorded.progress));

const refused = await runTask(shipOrderTask, { orderId: 'o1', parcels: 0 });
console.log(refused.kind, refused.kind === 'failed' ? refused.reason : '');
// #endregion

// #region clock
const scheduler = createTestScheduler({ now: new Date('2030-01-01T12:00:00Z') });
const shipped = (await scheduler.schedule(CorrelationId(), shipOrderTask, order))._unsafeUnwrap();
const receipt = { orderId: 'o1' };
await scheduler.schedule(CorrelationId(), printReceiptTask, receipt, { delayMs: 86_400_000 });

await scheduler.advance(0);
console.log(scheduler.getTask(shipped.id)?.status, scheduler.now().toISOString());
await scheduler.drain();
console.log(scheduler.getTask(shipped.id)?.status, scheduler.now().toISOString());
await scheduler.advance(86_400_000);
console.log(scheduler.listTasks().map(({ name, status }) => `${name} ${status}`));
// #endregion

// #region expect
try {
  scheduler.expectScheduled(shipOrderTask, { orderId: 'o1', parcels: 3 });
} catch (error) {
  console.log(String(error));
}
// #endregion
