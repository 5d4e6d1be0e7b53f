import { type SmtpRefusal } from '../mail/smtp/LocalSmtpServer';

/** Attempts that an address with `+slow` refuses before it accepts: one less than the welcome mail has. */
export const slowRefusalCount = 2;

/**
 * Creates the mail server's rule of the demo: an address whose local part ends in `+slow` refuses its first two
 * attempts with 451, one that ends in `+gone` refuses all of them with 450, every other accepts.
 */
export const createBouncingRecipients = (): ((address: string) => SmtpRefusal | undefined) => {
  const attemptCounts = new Map<string, number>();
  return (address) => {
    if (/\+gone@/i.test(address)) return { responseCode: 450, message: 'the mailbox is not available' };
    if (!/\+slow@/i.test(address)) return undefined;
    const key = address.toLowerCase();
    const attemptCount = (attemptCounts.get(key) ?? 0) + 1;
    attemptCounts.set(key, attemptCount);
    return attemptCount > slowRefusalCount
      ? undefined
      : { responseCode: 451, message: 'greylisted, try again later' };
  };
};
