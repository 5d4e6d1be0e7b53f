import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a whole file, or nothing: a reader sees the old content or the new one, never a part. The folder is made when
 * it is missing. Safe among processes; the last one wins. Rejects with the file system's error.
 */
export const writeFileAtomically = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const partPath = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(partPath, content);
    await rename(partPath, path);
  } catch (error) {
    await rm(partPath, { force: true });
    throw error;
  }
};
