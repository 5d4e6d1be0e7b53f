import { defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const remindTask = defineTask({
  queueName: 'calendar:remind',
  schema: z.object({ title: z.string() }),
  handler: async (_payload, { maxAttempts, userId, metadata, scheduledAt, startedAt }) => {
    const waitedMs = startedAt.getTime() - scheduledAt.getTime();
    return ok({ waitedMs, maxAttempts, hasUser: userId !== undefined, metadata });
  },
});

await using example = await startExample([remindTask]);
const { scheduler } = example;
const correlationId = CorrelationId();
const userId = UserId();

// #region delayed
const soon = await scheduler.schedule(correlationId, remindTask, { title: 'tea' }, { delayMs: 300 });
const later = await scheduler.schedule(
  correlationId,
  remindTask,
  { title: 'dinner' },
  { at: new Date(Date.now() + 600) },
);
// #endregion

// #region call
const urgent = await scheduler.schedule(
  correlationId,
  remindTask,
  { title: 'train' },
  { userId, priority: 'critical', maxAttempts: 1, timeoutMs: 5000, metadata: { source: 'timetable' } },
);
// #endregion

// #region refused
const refused = await scheduler.schedule(correlationId, remindTask, { title: 'tea' }, { delayMs: -1 });
if (refused.isErr()) console.log(refused.error.code, refused.error.message);
// #endregion

for (const scheduled of [soon, later, urgent]) {
  if (scheduled.isErr()) throw scheduled.error;
  const { payload, value } = await example.ended(scheduled.value.id);
  console.log(JSON.stringify({ payload, value }));
}
