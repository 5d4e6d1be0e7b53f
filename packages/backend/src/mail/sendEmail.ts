import { getAppConfig } from '@backend/config/AppConfig';
import { type Result } from 'neverthrow';
import { type MailConfig } from './createMailer';
import { type Mail } from './Mail';
import { type MailError } from './MailError';
import { type SendOptions, type SentMail } from './Mailer';
import { sharedMailer } from './sharedMailer';

/** How {@link sendEmail} sends. */
export interface SendEmailOptions extends SendOptions {
  /** Default: the environment of the process. */
  readonly config?: MailConfig;
}

/**
 * Sends one mail the way the process is configured: what a task handler calls. Hand it `ctx.taskId` as the mail's id
 * and `ctx.signal`. Errors: see `MailErrorCode`; `toMailTaskError` says which of them are worth another attempt.
 */
export const sendEmail = (
  mail: Mail,
  { config = getAppConfig(), ...options }: SendEmailOptions = {},
): Promise<Result<SentMail, MailError>> => sharedMailer(config).send(mail, options);
