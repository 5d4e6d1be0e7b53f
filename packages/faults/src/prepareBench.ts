import { findLocalServer } from '@backend/redis/localRedis';
import { createBenchFolder } from './BenchFolder';
import { parseRunOptions, type RunOptions } from './RunOptions';

/** What is to be run, and where its files go. */
export interface Bench extends RunOptions {
  readonly folder: string;
}

/** What holds where the environment says nothing. */
export interface BenchDefaults {
  readonly defaultSeed: number;
  readonly defaultRuns: number;
  readonly defaultMixed: number;
}

/**
 * Reads the environment, makes the folder and finds a Redis. Effect: ends the process with 2 and a message when the
 * environment is wrong, with 1 when there is no Redis.
 */
export const prepareBench = async (defaults: BenchDefaults): Promise<Bench> => {
  const options = parseRunOptions({ environment: process.env, ...defaults });
  if (options.isErr()) return exit(options.error, 2);
  const folder = createBenchFolder();
  if (folder.isErr()) return exit(folder.error, 2);
  // What has to be installed is installed once, before several processes look for it.
  const server = await findLocalServer({ announce: console.log });
  if (server.isErr()) return exit(server.error.message, 1);
  return { ...options.value, folder: folder.value };
};

const exit = (message: string, code: number): never => {
  console.error(message);
  return process.exit(code);
};
