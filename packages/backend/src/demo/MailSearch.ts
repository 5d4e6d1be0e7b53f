import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A mail that carries a correlation ID. */
export interface FoundMail {
  readonly path: string;
  /** The header line as it stands in the file. */
  readonly header: string;
}

/** Finds the mail of a correlation ID among the `.eml` files of a folder. */
export const findMail = async (folder: string, correlationId: string): Promise<FoundMail | undefined> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const header = (await readFile(path, 'utf8'))
      .split(/\r?\n/)
      .find((line) => line.toLowerCase().startsWith('x-correlation-id:') && line.includes(correlationId));
    if (header !== undefined) return { path, header };
  }
  return undefined;
};
