import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { runAs, type ServerUser } from './ServerUser';

/** A Postgres that this machine can run. */
export interface PostgresProgram {
  /** The folder with `initdb` and `postgres`. */
  readonly binFolder: string;
  /** Such as `15.8`. */
  readonly version: string;
  /** Where it comes from, in words. */
  readonly origin: string;
}

const OLDEST_VERSION = 13;

/**
 * Asks the programs of a folder for their version, as the user who will run them.
 *
 * @returns an error when they do not run or are older than Postgres 13.
 */
export const openProgram = async ({
  binFolder,
  origin,
  user,
}: {
  readonly binFolder: string;
  readonly origin: string;
  readonly user: ServerUser | undefined;
}): Promise<Result<PostgresProgram, string>> => {
  for (const name of ['initdb', 'postgres']) {
    const printed = await runAs(user, [join(binFolder, name), '--version']);
    if (printed.isErr()) return err(`${join(binFolder, name)} does not run (${printed.error})`);
    const version = /(\d+)(\.\d+)*/.exec(printed.value)?.[0] ?? '';
    if (Number.parseInt(version, 10) < OLDEST_VERSION)
      return err(`${binFolder} has Postgres ${version}, expected ${OLDEST_VERSION} or newer`);
    if (name === 'postgres') return ok({ binFolder, version, origin });
  }
  return err('nothing there');
};
