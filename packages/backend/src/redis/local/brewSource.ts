import { err } from 'neverthrow';
import { runCommand } from './CommandRun';
import { createNativeServer } from './NativeServer';
import { type RedisSource } from './RedisSource';

/** Homebrew's `redis`, for macOS. Its service is never started by an installation. */
export const brewSource: RedisSource = {
  name: 'brew install',
  find: async ({ searchPath, announce }) => {
    const brew = Bun.which('brew', { PATH: searchPath });
    if (brew === null) return err('no brew');
    announce('Redis: installing redis with brew (once) ...');
    const installed = await runCommand([brew, 'install', '--quiet', 'redis']);
    if (installed.isErr()) return err(installed.error);
    const prefix = await runCommand([brew, '--prefix', 'redis']);
    if (prefix.isErr()) return err(prefix.error);
    const file = `${prefix.value.trim()}/bin/redis-server`;
    return createNativeServer({ file, origin: `${file}, installed with brew just now` });
  },
};
