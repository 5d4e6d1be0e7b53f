import { createRecurringSchedules, defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const hasPolled = Promise.withResolvers<string>();

// #region definition
const pollInboxTask = defineTask({
  queueName: 'inbox:poll',
  schema: z.object({ folder: z.string() }),
  handler: async ({ folder }, { scheduleId }) => {
    hasPolled.resolve(`polled ${folder} for ${scheduleId}`);
    return ok();
  },
  options: { recurring: { everyMs: 1000, payload: { folder: 'inbox' }, overlap: 'skip' } },
});
// #endregion

const sendDigestTask = defineTask({
  queueName: 'digest:send',
  schema: z.object({ kind: z.string() }),
  handler: async ({ kind }, { scheduleId }) => ok({ kind, scheduleId }),
});

await using example = await startExample([pollInboxTask, sendDigestTask]);
const { scheduler, logger, appConfig } = example;
const correlationId = CorrelationId();

// #region call
const digest = await scheduler.scheduleRecurring(
  correlationId,
  sendDigestTask,
  { kind: 'weekly' },
  { cron: '0 9 * * 1', timezone: 'America/New_York' },
  { id: 'weekly-digest', missed: 'skip' },
);
// #endregion
if (digest.isErr()) throw digest.error;

// #region refused
const refused = await scheduler.scheduleRecurring(
  correlationId,
  sendDigestTask,
  { kind: 'yearly' },
  { cron: '0 0 30 2 *', timezone: 'Mars/Phobos' },
);
if (refused.isErr()) console.log(refused.error.code, refused.error.message);
// #endregion

// #region manage
const recurring = createRecurringSchedules({ tasks: [sendDigestTask], logger, appConfig });

const paused = await recurring.pause(digest.value);
const run = await recurring.runNow(digest.value);
const resumed = await recurring.resume(digest.value);
const all = await recurring.list();
// #endregion
if (paused.isErr() || run.isErr() || resumed.isErr() || all.isErr()) throw new Error('expected no error');
console.log(paused.value.description, paused.value.enabled, resumed.value.enabled);
console.log(JSON.stringify((await example.ended(run.value.id)).value));

console.log(await hasPolled.promise);
for (const { id, description } of all.value) console.log(id, description);
const deleted = await recurring.delete(digest.value);
console.log(deleted.isOk());
