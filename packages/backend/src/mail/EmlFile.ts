import { join } from 'node:path';
import { writeFileAtomically } from '../files/writeFileAtomically';

const messageIdHeader = /^Message-ID:\s*<([A-Za-z0-9][A-Za-z0-9._@+-]{0,199})>/im;

/**
 * The file name of a mail: `<Message-ID>.eml`, so that a repetition replaces the first copy.
 *
 * @param fallback Without ending; taken when the Message-ID is missing or unfit for a file name.
 */
export const toEmlFileName = (content: Uint8Array, fallback: string): string => {
  const [headers = ''] = Buffer.from(content).toString('latin1').split('\r\n\r\n', 1);
  return `${messageIdHeader.exec(headers)?.[1] ?? fallback}.eml`;
};

/** Writes a mail into a folder, atomically, and answers the path. Rejects with the file system's error. */
export const writeEmlFile = async (
  content: Uint8Array,
  { directory, fallback }: { readonly directory: string; readonly fallback: string },
): Promise<string> => {
  const path = join(directory, toEmlFileName(content, fallback));
  await writeFileAtomically(path, content);
  return path;
};
