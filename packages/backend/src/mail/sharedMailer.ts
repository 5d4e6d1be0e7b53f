import { createMailer, type MailConfig } from './createMailer';
import { type Mailer } from './Mailer';

// The one place that outlives a call, since handlers are plain functions and a new connection for each mail is slow:
// at most one mailer for each mail configuration of the process, gone with `closeMailers`.
const mailers = new Map<string, Mailer>();

/** The mailer of this configuration, made at its first use and then shared by the whole process. */
export const sharedMailer = (config: MailConfig): Mailer => {
  const { environment, smtpUrl, mailFrom, dataDir } = config;
  const key = JSON.stringify([environment, smtpUrl, mailFrom, dataDir]);
  const known = mailers.get(key);
  if (known !== undefined) return known;
  const mailer = createMailer(config);
  mailers.set(key, mailer);
  return mailer;
};

/**
 * Closes all shared mailers; the next mail makes a new one. `mailerResource` does it when a worker's tasks have ended or
 * were given back. No other process sends mail.
 */
export const closeMailers = (): void => {
  for (const mailer of mailers.values()) mailer.close();
  mailers.clear();
};
