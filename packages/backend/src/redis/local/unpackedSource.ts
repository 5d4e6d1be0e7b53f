import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { err, type Result } from 'neverthrow';
import { createNativeServer } from './NativeServer';
import { type RedisServer } from './RedisServer';
import { type RedisSource } from './RedisSource';

/** A server that an earlier run unpacked into the project's git-ignored folder. */
export const unpackedSource: RedisSource = {
  name: 'unpacked earlier',
  find: ({ unpackFolder }) => openUnpackedServer(unpackFolder),
};

/** Wraps the server inside an unpacked package tree, with the libraries that were unpacked beside it. */
export const openUnpackedServer = async (folder: string): Promise<Result<RedisServer, string>> => {
  const file = join(folder, 'usr/bin/redis-server');
  if (!existsSync(file)) return err('nothing there');
  const libraryPath = await listLibraryFolders(folder);
  return createNativeServer({
    file,
    origin: 'Debian package unpacked in the project, system untouched',
    environment: { LD_LIBRARY_PATH: libraryPath.join(':') },
  });
};

const listLibraryFolders = async (folder: string): Promise<readonly string[]> => {
  const libraries = await Array.fromAsync(new Bun.Glob('**/*.so*').scan({ cwd: folder }));
  return [...new Set(libraries.map((library) => join(folder, dirname(library))))];
};
