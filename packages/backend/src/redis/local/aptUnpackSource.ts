import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { AptDownload, createAptDownload } from './AptDownload';
import { runCommand } from './CommandRun';
import { type RedisSource } from './RedisSource';
import { openUnpackedServer } from './unpackedSource';

/**
 * Debian's packages downloaded with `apt-get download` and unpacked with `dpkg -x` into the project's git-ignored
 * folder: needs no root and leaves the system as it is.
 */
export const aptUnpackSource: RedisSource = {
  name: 'apt-get download',
  find: async ({ searchPath, unpackFolder, announce }) => {
    const apt = Bun.which('apt-get', { PATH: searchPath });
    const dpkg = Bun.which('dpkg', { PATH: searchPath });
    if (apt === null || dpkg === null) return err('no apt-get and dpkg');
    announce('Redis: unpacking the package redis-server into the project, without root (once) ...');
    await mkdir(dirname(unpackFolder), { recursive: true });
    const staging = `${unpackFolder}.${Bun.randomUUIDv7()}`;
    try {
      const unpacked = await unpackPackages({
        download: createAptDownload({ apt, folder: staging }),
        dpkg,
        staging,
      });
      if (unpacked.isErr()) return err(unpacked.error);
      await moveIntoPlace({ from: unpacked.value, to: unpackFolder });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    return openUnpackedServer(unpackFolder);
  },
};

const unpackPackages = async ({
  download,
  dpkg,
  staging,
}: {
  readonly download: AptDownload;
  readonly dpkg: string;
  readonly staging: string;
}): Promise<Result<string, string>> => {
  const packages = await download(['redis-server', 'redis-tools']);
  if (packages.isErr()) return err(packages.error);
  const root = join(staging, 'root');
  await mkdir(root);
  for (const file of packages.value) {
    const unpacked = await runCommand([dpkg, '-x', file, root]);
    if (unpacked.isErr()) return err(unpacked.error);
  }
  return ok(root);
};

/** A second run that unpacked at the same time may have been first: its folder is as good as ours. */
const moveIntoPlace = async ({ from, to }: { readonly from: string; readonly to: string }): Promise<void> => {
  const isTaken = await readdir(to).then(
    (names) => names.length > 0,
    () => false,
  );
  if (isTaken && (await openUnpackedServer(to)).isOk()) return;
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
};
