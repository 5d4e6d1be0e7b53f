import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { createTransport, type NodemailerError } from 'nodemailer';
import { checkMail, type Mail } from './Mail';
import { MailError, type MailErrorCode } from './MailError';
import { type Mailer, type SendOptions, type SentMail } from './Mailer';
import { toMailMessage } from './MailMessage';

/** Which server sends, and from whom. */
export interface SmtpMailerOptions {
  /** `smtp://[user:password@]host[:port]`, or `smtps://`. */
  readonly smtpUrl: string;
  /** The sender: an address, or `Name <address>`. */
  readonly from: string;
}

// Below the 30 s a task has by default, so that the task can still say what went wrong.
const timeouts = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
  dnsTimeout: 10_000,
};

const maxConnections = 10;

// A server may close an idle connection at the moment it is used: another one is tried. The queue retries the rest.
const maxRequeues = 2;

/**
 * Creates a mailer over SMTP. Connections (at most 10) open with the first mail and are used again; close the mailer,
 * or an idle connection keeps the process alive for 4 minutes.
 */
export const createSmtpMailer = ({ smtpUrl, from }: SmtpMailerOptions): Mailer => {
  const transport = createTransport({ url: smtpUrl, pool: true, maxConnections, maxRequeues, ...timeouts });
  const server = new URL(smtpUrl).host;
  return {
    send: async (mail: Mail, { signal }: SendOptions = {}): Promise<Result<SentMail, MailError>> => {
      const checked = checkMail(mail);
      if (checked.isErr()) return err(checked.error);
      try {
        const message = toMailMessage(checked.value, from);
        const { messageId } = await transport.sendMail(
          signal === undefined ? message : { ...message, signal },
        );
        return ok({ messageId });
      } catch (thrown) {
        return err(toMailError(thrown, server));
      }
    },
    close: () => transport.close(),
  };
};

const credentialCodes: ReadonlySet<string | undefined> = new Set(['EAUTH', 'ENOAUTH', 'EOAUTH2']);

const decideCode = ({ code, permanent }: NodemailerError): MailErrorCode => {
  if (code === 'EABORT') return 'aborted';
  if (credentialCodes.has(code)) return 'unauthorized';
  if (permanent !== undefined) return permanent ? 'refused-permanently' : 'refused-for-now';
  return code === 'EENVELOPE' ? 'invalid-mail' : 'unreachable';
};

const phrases = {
  'invalid-mail': 'cannot take the mail',
  unconfigured: 'is not configured',
  unauthorized: 'refused the credentials of SMTP_URL',
  'refused-permanently': 'refused the mail for good',
  'refused-for-now': 'refused the mail for now',
  unreachable: 'cannot be reached',
  aborted: 'was given up on',
} as const satisfies Record<MailErrorCode, string>;

const toMailError = (thrown: unknown, server: string): MailError => {
  const error: NodemailerError = thrown instanceof Error ? thrown : new Error(describeUnknown(thrown));
  const code = decideCode(error);
  const { responseCode } = error;
  return new MailError(`the mail server ${server} ${phrases[code]}: ${error.message}`, {
    code,
    cause: thrown,
    ...(responseCode === undefined ? {} : { responseCode }),
  });
};
