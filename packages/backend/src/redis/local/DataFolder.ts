import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { err, ok, type Result } from 'neverthrow';
import { LocalRedisError } from './LocalRedisError';

/** Makes a folder when it is missing. Error: `data-dir` when it cannot be made or written; the message says why. */
export const prepareDataFolder = async (folder: string): Promise<Result<void, LocalRedisError>> => {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return ok();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `expected DATA_DIR to be a folder that can be written, got ${JSON.stringify(folder)}: ${reason}`;
    return err(new LocalRedisError('data-dir', message, { cause }));
  }
};
