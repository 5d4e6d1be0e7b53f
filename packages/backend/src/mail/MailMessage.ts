import { type SendMailOptions } from 'nodemailer';
import { type Mail } from './Mail';

/** The Message-ID of a mail: its id at the sender's domain. The same mail has the same one on every attempt. */
export const toMessageId = (id: string, from: string): string => {
  const domain = /@([^\s@<>]+)>?$/.exec(from)?.[1] ?? 'localhost';
  return `<${id}@${domain}>`;
};

/**
 * Translates a checked mail to what nodemailer sends.
 *
 * @param from The sender: an address, or `Name <address>`.
 */
export const toMailMessage = (
  { id, to, subject, text, html, correlationId }: Mail,
  from: string,
): SendMailOptions => ({
  messageId: toMessageId(id, from),
  from,
  // As an object, so that nodemailer does not look for a list of addresses in it.
  to: { name: '', address: to },
  subject,
  text,
  ...(html === undefined ? {} : { html }),
  headers: { 'X-Correlation-ID': correlationId },
  // Content is what the caller wrote, never a file or a page that it names.
  disableFileAccess: true,
  disableUrlAccess: true,
});
