import { defineTask, TaskError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region task
const priceTask = defineTask({
  queueName: 'shop:price',
  schema: z.object({ item: z.string(), count: z.number() }),
  output: z.object({ totalCents: z.number() }),
  handler: async ({ item, count }) => {
    if (item === 'unicorn') return err(TaskError.fatal('there is no price for it', { item }));
    return ok({ totalCents: 250 * count });
  },
});
// #endregion

await using example = await startExample([priceTask]);
const { scheduler } = example;

// #region result
const scheduled = await scheduler.schedule(CorrelationId(), priceTask, { item: 'pen', count: 3 });
if (scheduled.isErr()) throw scheduled.error;
const handle = scheduled.value;

const result = await handle.result({ timeoutMs: 10_000 });
if (result.isOk()) console.log(result.value.totalCents / 100); // typed by the task's output
// #endregion

const failing = await scheduler.schedule(CorrelationId(), priceTask, { item: 'unicorn', count: 1 });
if (failing.isErr()) throw failing.error;

// #region errors
const failed = await failing.value.result();
if (failed.isErr()) {
  const { code, failure } = failed.error;
  console.log(code, failure?.reason, failure?.message);
}
// #endregion

const waiting = await scheduler.schedule(
  CorrelationId(),
  priceTask,
  { item: 'pen', count: 1 },
  { delayMs: 3_600_000 },
);
if (waiting.isErr()) throw waiting.error;
const { id } = waiting.value;

// #region later
const found = scheduler.handle(priceTask, id); // the id may come from a URL, the task from another process
const status = await found.status();
const late = await found.result({ timeoutMs: 100 });
console.log(status.unwrapOr('unknown'), late.isErr() ? late.error.code : late.value.totalCents);
// #endregion

// #region all
const handles = [];
for (const count of [1, 2, 3]) {
  const each = await scheduler.schedule(CorrelationId(), priceTask, { item: 'ink', count });
  if (each.isOk()) handles.push(each.value);
}
const results = await Promise.all(handles.map((each) => each.result()));
console.log(results.map((each) => each.map(({ totalCents }) => totalCents).unwrapOr(0)).join());
// #endregion

const wrong = await scheduler.handle(priceTask, 'the pens').result();
if (wrong.isErr()) console.log(wrong.error.code, wrong.error.message);
