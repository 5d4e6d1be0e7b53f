import { err, ok, type Result } from 'neverthrow';
import { aptInstallSource } from './aptInstallSource';
import { aptUnpackSource } from './aptUnpackSource';
import { brewSource } from './brewSource';
import { dockerSource } from './dockerSource';
import { LocalRedisError } from './LocalRedisError';
import { pathSource } from './pathSource';
import { type RedisServer } from './RedisServer';
import { type RedisSearch, type RedisSource } from './RedisSource';
import { unpackedSource } from './unpackedSource';

/** Where a server may come from, in the order of preference: what is there, what can be installed, what can be run. */
export const redisSources: readonly RedisSource[] = Object.freeze([
  pathSource,
  unpackedSource,
  aptInstallSource,
  aptUnpackSource,
  brewSource,
  dockerSource,
]);

const CHOICES = `Choose one:
  1. set REDIS_URL to a running Redis or Valkey, 6.2 or newer (REDIS_URL=redis://127.0.0.1:6379)
  2. install one and have it on PATH (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)
  3. start Docker`;

/**
 * Finds a server to run, or installs one.
 *
 * @returns the first source's answer; `no-server` with every source's reason and the choices when none has one.
 */
export const findRedisServer = async (
  search: RedisSearch,
  sources: readonly RedisSource[] = redisSources,
): Promise<Result<RedisServer, LocalRedisError>> => {
  const reasons: string[] = [];
  for (const source of sources) {
    const server = await source.find(search);
    if (server.isOk()) return ok(server.value);
    reasons.push(`  - ${source.name}: ${server.error}`);
  }
  const tried = ['No Redis server was found and none could be installed. Tried:', ...reasons].join('\n');
  return err(new LocalRedisError('no-server', `${tried}\n${CHOICES}`));
};
