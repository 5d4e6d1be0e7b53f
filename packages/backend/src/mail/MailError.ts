import { AppError, type ErrorCause } from '@core/errors/AppError';

/**
 * Why a mail was not sent.
 *
 * - `invalid-mail`: the mail breaks a rule of `Mail`, such as a line break in the subject. Correct it; nothing was sent.
 * - `unconfigured`: there is no mail server. Set `SMTP_URL`.
 * - `unauthorized`: the server refused the user or the password of `SMTP_URL`. Correct it, then try again.
 * - `refused-permanently`: the server answered 5xx. Trying again is futile.
 * - `refused-for-now`: the server answered 4xx (or 503, a confused session). Try again later.
 * - `unreachable`: no connection, or one that broke. Try again later; the mail may have been sent.
 * - `aborted`: the caller's signal. The mail may have been sent.
 */
export const MAIL_ERROR_CODES = [
  'invalid-mail',
  'unconfigured',
  'unauthorized',
  'refused-permanently',
  'refused-for-now',
  'unreachable',
  'aborted',
] as const;

/** Why a mail was not sent: one of `MAIL_ERROR_CODES`. */
export type MailErrorCode = (typeof MAIL_ERROR_CODES)[number];

interface MailErrorOptions extends ErrorCause {
  readonly code: MailErrorCode;
  readonly responseCode?: number;
}

/** A mail was not sent, or it is unknown whether it was. */
export class MailError extends AppError<MailErrorCode> {
  override readonly name = 'MailError';
  /** The reply code of the SMTP server, such as 451, if it answered. */
  readonly responseCode: number | undefined;

  constructor(message: string, { code, responseCode, cause }: MailErrorOptions) {
    super(message, { code, cause, ...(responseCode === undefined ? {} : { metadata: { responseCode } }) });
    this.responseCode = responseCode;
  }
}
