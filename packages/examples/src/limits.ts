import { defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

let running = 0;
let most = 0;

// #region concurrency
const exportTask = defineTask({
  queueName: 'reports:export',
  schema: z.object({ report: z.string() }),
  handler: async ({ report }) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 20)); // a database that bears two of these
    running -= 1;
    return ok({ report });
  },
  options: { maxConcurrency: 2 },
});
// #endregion

// #region rate
const lookUpTask = defineTask({
  queueName: 'addresses:look-up',
  schema: z.object({ address: z.string() }),
  handler: async ({ address }) => ok({ address }),
  options: { rateLimit: { max: 2, durationMs: 500 } },
});
// #endregion

// #region expires
const callTaxiTask = defineTask({
  queueName: 'taxis:call',
  schema: z.object({ from: z.string() }),
  handler: async ({ from }) => ok({ from }),
});
// #endregion

await using example = await startExample([exportTask, lookUpTask]);
const { scheduler, ended } = example;
const correlationId = CorrelationId();

const exports = await Promise.all(
  ['a', 'b', 'c', 'd', 'e'].map((report) => scheduler.schedule(correlationId, exportTask, { report })),
);
for (const scheduled of exports) if (scheduled.isOk()) await ended(scheduled.value.id);
console.log(`at most ${most} exports at the same time`);

const startedAtMs = Date.now();
const lookUps = await Promise.all(
  ['1', '2', '3'].map((address) => scheduler.schedule(correlationId, lookUpTask, { address })),
);
for (const scheduled of lookUps) if (scheduled.isOk()) await ended(scheduled.value.id);
console.log(Date.now() - startedAtMs >= 400 ? 'the third look-up waited' : 'no look-up waited');

// #region expired
const taxi = await scheduler.schedule(
  correlationId,
  callTaxiTask,
  { from: 'the station' },
  { expiresInMs: 50 },
);
// #endregion
if (taxi.isErr()) throw taxi.error;
await new Promise((resolve) => setTimeout(resolve, 100)); // no worker takes it in time
await using late = await startExample([callTaxiTask]);
const { status, error } = await late.ended(taxi.value.id);
console.log(status, error?.reason);
