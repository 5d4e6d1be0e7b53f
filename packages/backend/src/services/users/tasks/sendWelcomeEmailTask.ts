import { toMailTaskError } from '@backend/mail/MailTaskError';
import { sendEmail } from '@backend/mail/sendEmail';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { userIdSchema } from '@core/domain/user/user';
import { z } from 'zod';
import { getWelcomeEmail } from '../welcomeEmail';

/** The schema of {@link WelcomeEmailPayload}. */
export const welcomeEmailPayloadSchema = z.object({
  userId: userIdSchema,
  email: z.email(),
  name: z.string().min(1),
});

/** Who is welcomed. */
export type WelcomeEmailPayload = Readonly<z.output<typeof welcomeEmailPayloadSchema>>;

/**
 * Welcomes a new user by mail. The mail's Message-ID is the task's id, so that a mail sent twice is shown once.
 * A mail server that is away or answers 4xx leads to another attempt; a 5xx makes the task a dead letter at once.
 * Answers how long sending took, in milliseconds.
 */
export const sendWelcomeEmailTask = defineTask({
  queueName: 'users:send-welcome-email',
  schema: welcomeEmailPayloadSchema,
  handler: async (payload: WelcomeEmailPayload, ctx) => {
    const { correlationId, taskId, signal, logger } = ctx;
    logger.info('Sending welcome email', { correlationId, email: payload.email });
    const startedAtMs = performance.now();
    const mail = { ...getWelcomeEmail(payload.name), id: taskId, to: payload.email, correlationId };
    const sent = await sendEmail(mail, { signal });
    return sent
      .map(({ messageId }) => ({
        success: true,
        duration: Math.round(performance.now() - startedAtMs),
        messageId,
      }))
      .mapErr(toMailTaskError);
  },
  options: { priority: 'high', maxAttempts: 3, backoffMs: 1000 },
});
