/** The parts of a mail that a template fills. */
export interface EmailContent {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' } as const;

const isEntityKey = (character: string): character is keyof typeof entities =>
  Object.hasOwn(entities, character);

/** Makes text from outside harmless in HTML, in attributes too. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => (isEntityKey(character) ? entities[character] : character));

/**
 * The mail that welcomes a new user.
 *
 * @param name As the user wrote it: line breaks and other control characters become spaces, HTML is escaped.
 */
export const getWelcomeEmail = (name: string): EmailContent => {
  const line = name.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  const html = escapeHtml(line);
  return {
    subject: `Welcome, ${line}!`,
    text: `Hello ${line},\n\nyour account is ready. Nice to have you with us.\n`,
    html: `<!doctype html>\n<p>Hello ${html},</p>\n<p>your account is ready. Nice to have you with us.</p>\n`,
  };
};
