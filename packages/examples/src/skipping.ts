import { createTaskInspector, defineTask, isSkipped, skipped, skippedSchema } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const emails = new Map([['ada', 'ada@example.test']]);

// #region task
const sendDigestTask = defineTask({
  queueName: 'digests:send',
  schema: z.object({ userId: z.string() }),
  output: z.object({ sentTo: z.string() }).or(skippedSchema),
  handler: async ({ userId }) => {
    const email = emails.get(userId);
    if (email === undefined) return ok(skipped('the user is gone')); // the same as { status: 'skipped', reason }
    return ok({ sentTo: email });
  },
});
// #endregion

await using example = await startExample([sendDigestTask]);

// #region record
for (const userId of ['ada', 'bob']) {
  const task = await example.run(sendDigestTask, { userId });
  console.log(task.status, JSON.stringify(task.value), task.isSkipped ? `skipped: ${task.skipReason}` : '');
}
// #endregion

// #region direct
const answer = await sendDigestTask.handler({ userId: 'bob' });
if (answer.isOk()) console.log(isSkipped(answer.value) ? answer.value.reason : answer.value.sentTo);
// #endregion

// #region stats
const inspector = createTaskInspector({ ...example, tasks: [sendDigestTask] });
const stats = await inspector.getStats({ name: 'digests:send' });
if (stats.isErr()) throw stats.error;
for (const { sampleCount, skippedCount } of stats.value)
  console.log(`${sampleCount} ended, ${skippedCount} of them skipped`);
// #endregion
