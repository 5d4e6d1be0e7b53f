import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { runCommand } from './CommandRun';

/** Downloads packages and whatever of their dependencies the system lacks; answers with the paths of the .deb files. */
export type AptDownload = (packages: readonly string[]) => Promise<Result<readonly string[], string>>;

/**
 * Creates a download that needs no root.
 *
 * It uses the system's package lists, and fetches lists of its own into `folder` when those are missing (fresh
 * container, lists deleted to save space) or older than the archive.
 */
export const createAptDownload = ({
  apt,
  folder,
}: {
  readonly apt: string;
  readonly folder: string;
}): AptDownload => {
  const lists = join(folder, 'lists');
  const cache = join(folder, 'cache');
  const ownCache = ['-o', `Dir::Cache=${cache}`];
  const ownLists = ['-o', `Dir::State::Lists=${lists}`, ...ownCache];

  return async (packages) => {
    await mkdir(join(lists, 'partial'), { recursive: true });
    await mkdir(join(cache, 'archives/partial'), { recursive: true });
    const withSystemLists = await fetchPackages({ apt, options: ownCache, folder, packages });
    if (withSystemLists.isOk()) return withSystemLists;
    const updated = await runCommand([apt, '-q', ...ownLists, 'update']);
    if (updated.isErr()) return err(updated.error);
    return fetchPackages({ apt, options: ownLists, folder, packages });
  };
};

const fetchPackages = async ({
  apt,
  options,
  folder,
  packages,
}: {
  readonly apt: string;
  readonly options: readonly string[];
  readonly folder: string;
  readonly packages: readonly string[];
}): Promise<Result<readonly string[], string>> => {
  const missing = await listMissing({ apt, options, packages });
  if (missing.isErr()) return err(missing.error);
  const fetched = await runCommand([apt, '-q', ...options, 'download', ...missing.value], { folder });
  if (fetched.isErr()) return err(fetched.error);
  const names = await readdir(folder);
  return ok(names.filter((name) => name.endsWith('.deb')).map((name) => join(folder, name)));
};

/** A simulated installation names what the system lacks; the packages themselves are wanted in any case. */
const listMissing = async ({
  apt,
  options,
  packages,
}: {
  readonly apt: string;
  readonly options: readonly string[];
  readonly packages: readonly string[];
}): Promise<Result<readonly string[], string>> => {
  const simulated = await runCommand([
    apt,
    ...options,
    '-s',
    'install',
    '--no-install-recommends',
    ...packages,
  ]);
  return simulated.map((printed) => {
    const installable = [...printed.matchAll(/^Inst (\S+)/gm)].flatMap(([, name]) => name ?? []);
    return [...new Set([...packages, ...installable])];
  });
};
