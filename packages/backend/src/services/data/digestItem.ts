/** One item of a batch. */
export interface BatchItem {
  readonly id: string;
  readonly text: string;
}

/** The SHA-256 of an item's text, in hexadecimal. Asynchronous, so that a long batch leaves room for other tasks. */
export const digestItem = async ({ text }: BatchItem): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('hex');
};
