import { type Result } from 'neverthrow';
import { type Mail } from './Mail';
import { type MailError } from './MailError';

/** What is known about a mail that was handed over. */
export interface SentMail {
  /** As in the mail's header, angle brackets included. */
  readonly messageId: string;
}

/** How one mail is sent. */
export interface SendOptions {
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
}

/** Sends mails. Implemented over SMTP, by files, and by a refusal where no mail server is configured. */
export interface Mailer {
  /** Sends one mail. Never rejects; each code of the `MailError` says what to do. */
  send(mail: Mail, options?: SendOptions): Promise<Result<SentMail, MailError>>;
  /** Closes idle connections now and busy ones after their mail. A closed mailer answers `unreachable`. */
  close(): void;
}
