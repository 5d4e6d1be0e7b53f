import { correlationIdSchema } from '@core/domain/CorrelationId';
import { validate } from '@core/validation/validate';
import { type Result } from 'neverthrow';
import { z } from 'zod';
import { MailError } from './MailError';

// A line break in a header would begin a header of the attacker's choice.
const headerText = z.string().regex(/^\P{Cc}+$/u, 'expected one line of text without control characters');

/** The schema of {@link Mail}. */
export const mailSchema = z.object({
  /** Becomes the Message-ID: the same on every attempt, so that a receiver can drop a repetition. The task's id. */
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected 1..128 characters of A-Z a-z 0-9 . _ -'),
  /** One address, without a name. */
  to: z.email().max(254),
  subject: headerText,
  /** The body for readers without HTML. */
  text: z.string(),
  /** The same body as HTML; whoever builds it escapes what comes from outside. */
  html: z.string().optional(),
  /** Sent as the header X-Correlation-ID. */
  correlationId: correlationIdSchema,
});

/** One mail to one receiver. */
export type Mail = Readonly<z.output<typeof mailSchema>>;

/** Checks a mail before anything is sent. Error: code `invalid-mail`, naming each field, rule and value. */
export const checkMail = (mail: Mail): Result<Mail, MailError> =>
  validate(mailSchema, mail).mapErr(
    (error) => new MailError(`the mail is refused: ${error.message}`, { code: 'invalid-mail', cause: error }),
  );
