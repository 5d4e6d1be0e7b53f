import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { createTransport } from 'nodemailer';
import { writeEmlFile } from './EmlFile';
import { checkMail, type Mail } from './Mail';
import { MailError } from './MailError';
import { type Mailer, type SendOptions, type SentMail } from './Mailer';
import { toMailMessage } from './MailMessage';

/** Where mails are written to, and from whom they are. */
export interface FileMailerOptions {
  /** Made when it is missing. */
  readonly directory: string;
  /** The sender: an address, or `Name <address>`. */
  readonly from: string;
}

/**
 * Creates a mailer that writes each mail as `<Message-ID>.eml`, as it would go over SMTP, and sends nothing: for
 * development and tests without a mail server. A folder that cannot be written answers `unreachable`.
 */
export const createFileMailer = ({ directory, from }: FileMailerOptions): Mailer => {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    send: async (mail: Mail, { signal }: SendOptions = {}): Promise<Result<SentMail, MailError>> => {
      const checked = checkMail(mail);
      if (checked.isErr()) return err(checked.error);
      if (signal?.aborted === true) {
        return err(new MailError('the mail was given up on before it was written', { code: 'aborted' }));
      }
      try {
        const { message, messageId } = await transport.sendMail(toMailMessage(checked.value, from));
        if (!Buffer.isBuffer(message)) throw new Error('expected nodemailer to build a buffer, got a stream');
        await writeEmlFile(message, { directory, fallback: mail.id });
        return ok({ messageId });
      } catch (thrown) {
        const text = `the mail cannot be written to ${directory}: ${describeUnknown(thrown)}`;
        return err(new MailError(text, { code: 'unreachable', cause: thrown }));
      }
    },
    close: () => transport.close(),
  };
};
