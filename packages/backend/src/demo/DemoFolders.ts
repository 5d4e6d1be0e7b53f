import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Earlier runs that can still be looked at, the one that begins included. */
const KEPT_FOLDER_COUNT = 5;

/** Deletes all folders but the newest five: their names begin with the time of their run. */
export const deleteOldFolders = async (parent: string): Promise<void> => {
  const names = (await readdir(parent)).toSorted();
  const old = names.slice(0, Math.max(0, names.length - KEPT_FOLDER_COUNT));
  await Promise.all(old.map((name) => rm(join(parent, name), { recursive: true, force: true })));
};
