import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { err, ok } from 'neverthrow';
import { z } from 'zod';

/** Sends mail; to `bounce.example` it fails for good, to `busy.example` for now. */
export const sendEmailTask = defineTask({
  queueName: 'emails:send',
  schema: z.object({ to: z.email(), subject: z.string().min(1), template: z.string().optional() }),
  output: z.object({ messageId: z.string() }),
  handler: async ({ to }, { taskId }) => {
    if (to.endsWith('@bounce.example')) {
      return err(TaskError.fatal(`550 5.1.1 <${to}>: mailbox unavailable`, { to, smtpCode: 550 }));
    }
    if (to.endsWith('@busy.example')) {
      return err(new TaskError('451 4.7.1 greylisted, try again later', { to, smtpCode: 451 }));
    }
    return ok({ messageId: `<${taskId}@drover.example>` });
  },
  options: { priority: 'high', maxAttempts: 3, backoffMs: 600_000 },
});

/** Sends the digest of a week. */
export const weeklyDigestTask = defineTask({
  queueName: 'emails:weekly-digest',
  schema: z.object({ week: z.string(), recipients: z.number().int() }),
  handler: async ({ recipients }) => ok({ success: true, recipients }),
});

/** Charges a card; one that is declined fails for good at its last attempt. */
export const chargeCardTask = defineTask({
  queueName: 'billing:charge-card',
  schema: z.object({ invoice: z.string(), amountCents: z.number().int().positive(), currency: z.string() }),
  handler: async ({ invoice }) =>
    invoice.endsWith('-declined')
      ? err(new TaskError('card_declined: insufficient funds', { invoice }))
      : ok({ success: true }),
  options: { priority: 'critical', maxAttempts: 2, backoffMs: 0 },
});

/** Builds a report. */
export const generateReportTask = defineTask({
  queueName: 'reports:generate',
  schema: z.object({ report: z.string(), from: z.iso.date(), to: z.iso.date() }),
  handler: async ({ report }) => ok({ success: true, file: `${report}.pdf` }),
});

/** Welcomes a user. */
export const welcomeTask = defineTask({
  queueName: 'users:send-welcome-email',
  schema: z.object({ userId: z.uuid(), email: z.email(), name: z.string() }),
  handler: async ({ email }) => ok({ success: true, email }),
  options: { priority: 'high' },
});

/** Deletes what users no longer want kept. */
export const exportDataTask = defineTask({
  queueName: 'users:export-data',
  schema: z.object({ userId: z.uuid(), format: z.enum(['json', 'csv']) }),
  handler: async ({ format }) => ok({ success: true, format }),
});

/** A registry with several domains, for a board worth looking at. */
export const sampleTasks: TaskDefinition<unknown>[] = [
  sendEmailTask,
  weeklyDigestTask,
  chargeCardTask,
  generateReportTask,
  welcomeTask,
  exportDataTask,
];
