import { err } from 'neverthrow';
import { createNativeServer } from './NativeServer';
import { type RedisSource } from './RedisSource';

const PROGRAM_NAMES = ['redis-server', 'valkey-server'] as const;

/** A `redis-server` or `valkey-server` on PATH; one that is too old is named and passed over. */
export const pathSource: RedisSource = {
  name: 'PATH',
  find: async ({ searchPath }) => {
    const reasons: string[] = [];
    for (const name of PROGRAM_NAMES) {
      const file = Bun.which(name, { PATH: searchPath });
      if (file === null) continue;
      const server = await createNativeServer({ file, origin: `${file} on PATH` });
      if (server.isOk()) return server;
      reasons.push(server.error);
    }
    return err(reasons.join('; ') || `no ${PROGRAM_NAMES.join(' or ')}`);
  },
};
