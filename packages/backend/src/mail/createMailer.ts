import { join } from 'node:path';
import { type AppConfig } from '@backend/config/AppConfig';
import { err } from 'neverthrow';
import { createFileMailer } from './FileMailer';
import { MailError } from './MailError';
import { type Mailer } from './Mailer';
import { createSmtpMailer } from './SmtpMailer';

/** What decides how mail is sent. */
export type MailConfig = Pick<AppConfig, 'environment' | 'smtpUrl' | 'mailFrom' | 'dataDir'>;

/** The folder that gets the mails of development and tests as `.eml` files. */
export const mailDirectory = ({ dataDir }: Pick<AppConfig, 'dataDir'>): string => join(dataDir, 'mail');

/**
 * Creates the mailer that the configuration asks for: over SMTP with `SMTP_URL`; without it, files in
 * `<DATA_DIR>/mail` in development and tests, and in production one that answers `unconfigured` to every mail.
 */
export const createMailer = (config: MailConfig): Mailer => {
  const { smtpUrl, mailFrom, environment } = config;
  if (smtpUrl !== undefined) return createSmtpMailer({ smtpUrl, from: mailFrom });
  if (environment !== 'production')
    return createFileMailer({ directory: mailDirectory(config), from: mailFrom });
  return unconfiguredMailer;
};

const unconfiguredMailer: Mailer = Object.freeze({
  send: async () =>
    err(
      new MailError('expected SMTP_URL to name the mail server in production, got nothing: no mail is sent', {
        code: 'unconfigured',
      }),
    ),
  close: () => undefined,
});
