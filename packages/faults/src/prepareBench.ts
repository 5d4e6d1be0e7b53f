import { startLocalPostgres } from '@backend/database/localPostgres';
import { findLocalServer } from '@backend/redis/localRedis';
import { createBenchFolder } from './BenchFolder';
import { buildScenario, findCase } from './plan/buildScenario';
import { type PlannedTrial, parseRunOptions, type RunOptions } from './RunOptions';

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
 * Reads the environment, makes the folder and finds a Redis, and a Postgres if a run needs one. Effect: ends the
 * process with 2 and a message when the environment is wrong, with 1 when there is no server.
 */
export const prepareBench = async (defaults: BenchDefaults): Promise<Bench> => {
  const options = parseRunOptions({ environment: process.env, ...defaults });
  if (options.isErr()) return exit(options.error, 2);
  const folder = createBenchFolder();
  if (folder.isErr()) return exit(folder.error, 2);
  // What has to be installed is installed once, before several processes look for it.
  const server = await findLocalServer({ announce: console.log });
  if (server.isErr()) return exit(server.error.message, 1);
  if (options.value.trials.some(needsPostgres)) await tryPostgres();
  return { ...options.value, folder: folder.value };
};

const needsPostgres = ({ caseName, seed }: PlannedTrial): boolean =>
  findCase(caseName)
    .map((faultCase) => buildScenario(faultCase, seed).ledger?.dialect === 'postgres')
    .unwrapOr(false);

/** Each run has a Postgres of its own: this finds out, once and in words, whether there is a program for them. */
const tryPostgres = async (): Promise<void> => {
  const postgres = await startLocalPostgres({ announce: console.log });
  if (postgres.isErr()) return exit(postgres.error.message, 1);
  await postgres.value.stop();
};

const exit = (message: string, code: number): never => {
  console.error(message);
  return process.exit(code);
};
