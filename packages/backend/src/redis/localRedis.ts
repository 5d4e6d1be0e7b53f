import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { err, ok, type Result } from 'neverthrow';
import { prepareDataFolder } from './local/DataFolder';
import { type FolderServer, joinOrStart } from './local/FolderServer';
import { findRedisServer, redisSources } from './local/findRedisServer';
import { type LocalRedisError } from './local/LocalRedisError';
import { type RedisServer } from './local/RedisServer';
import { type RedisSearch, type RedisSource } from './local/RedisSource';
import { startOnPort } from './local/startOnPort';

/** A Redis for development or tests. */
export interface LocalRedis extends AsyncDisposable {
  readonly url: string;
  /** Undefined for a Redis that REDIS_URL names. */
  readonly port: number | undefined;
  /** Process to signal; undefined for a Redis that REDIS_URL names. */
  readonly pid: number | undefined;
  /** Undefined for a Redis that REDIS_URL names: nobody has asked it. */
  readonly version: string | undefined;
  /** Which one it is and why, in words; `REDIS_URL` when that names it. */
  readonly source: string;
  /** Stops what was started, unless another process uses it too. May be called twice. Never rejects. */
  readonly stop: () => Promise<void>;
}

/** How to start a Redis. */
export interface LocalRedisOptions {
  /**
   * True (development): data in `<dataDir>/redis` survives, at most the last second is lost in a power cut; a server
   * that already serves the folder is joined. False (tests): an empty server of our own, deleted when it stops.
   */
  readonly appendOnly: boolean;
  /** Folder for the data folders; made when missing. */
  readonly dataDir: string;
  /** Told in one line which Redis was taken and why, and before anything slow. Default: nobody. */
  readonly announce?: (line: string) => void;
  /** TCP port on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** Taken when it is free and `port` is not given: 6379 lets scripts find the server by themselves. Default: none. */
  readonly preferredPort?: number;
  /** Further options of the server: `['--maxmemory', '10mb']`. */
  readonly extraArgs?: readonly string[];
  /** Where to look for a server. Default: PATH, this user and the repository's git-ignored `.tools/redis`. */
  readonly search?: Partial<Omit<RedisSearch, 'announce'>>;
  /** Where a server may come from. Default: every source of `redisSources`. */
  readonly sources?: readonly RedisSource[];
}

/**
 * Uses the Redis that `redisUrl` names, else finds, installs or joins one on this machine.
 *
 * @param redisUrl value of REDIS_URL; undefined or empty when it is not set. It is not contacted here.
 */
export const ensureRedis = async ({
  redisUrl,
  ...options
}: LocalRedisOptions & { readonly redisUrl?: string | undefined }): Promise<
  Result<LocalRedis, LocalRedisError>
> => {
  if (!redisUrl) return startLocalRedis(options);
  options.announce?.(`Redis: ${withoutPassword(redisUrl)} (REDIS_URL is set)`);
  const stop = () => Promise.resolve();
  const unknown = { port: undefined, pid: undefined, version: undefined };
  return ok({ ...unknown, url: redisUrl, source: 'REDIS_URL', stop, [Symbol.asyncDispose]: stop });
};

/**
 * Starts a Redis on 127.0.0.1 that keeps no snapshots and evicts nothing, and waits until it answers.
 *
 * It stops with `stop`, and also when this process ends in any way, `kill -9` included.
 *
 * @returns `data-dir` when the data folder cannot be written; `no-server` with the choices when there is none and none
 *   can be installed; `start-failed`; `folder-in-use`.
 */
export const startLocalRedis = async (
  options: LocalRedisOptions,
): Promise<Result<LocalRedis, LocalRedisError>> => {
  const folder = await prepareDataFolder(
    options.appendOnly ? resolve(options.dataDir, 'redis') : resolve(options.dataDir),
  );
  if (folder.isErr()) return err(folder.error);
  const served = options.appendOnly ? await serveLastingData(options) : await serveEphemeralData(options);
  return served.map((server) => {
    options.announce?.(describe(server, options));
    const { port, pid, version, release: stop } = server;
    const source = describeOrigin(server);
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      pid,
      version,
      source,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  });
};

const serveLastingData = async (
  options: LocalRedisOptions,
): Promise<Result<FolderServer, LocalRedisError>> => {
  const folder = resolve(options.dataDir, 'redis');
  return joinOrStart({ folder, port: options.port, start: () => findAndStart(folder, options) });
};

const serveEphemeralData = (options: LocalRedisOptions): Promise<Result<FolderServer, LocalRedisError>> =>
  findAndStart(resolve(options.dataDir, `redis-${Bun.randomUUIDv7()}`), options);

const findAndStart = async (
  folder: string,
  { appendOnly, port, preferredPort, extraArgs = [], ...search }: LocalRedisOptions,
): Promise<Result<FolderServer, LocalRedisError>> => {
  const server = await findLocalServer(search);
  if (server.isErr()) return err(server.error);
  const options = [...toServerOptions(appendOnly), ...extraArgs];
  const started = await startOnPort({
    server: server.value,
    folder,
    options,
    port,
    preferredPort,
    isEphemeral: !appendOnly,
  });
  return started.map((process) => ({ ...process, origin: server.value.origin, isJoined: false }));
};

/** Finds the program that `startLocalRedis` runs, or installs one, which may take minutes; `no-server` with the choices. */
export const findLocalServer = ({
  announce = () => undefined,
  search = {},
  sources = redisSources,
}: Pick<LocalRedisOptions, 'announce' | 'search' | 'sources'> = {}): Promise<
  Result<RedisServer, LocalRedisError>
> => findRedisServer({ ...defaultSearch(), ...search, announce }, sources);

const defaultSearch = (): Omit<RedisSearch, 'announce'> => {
  const { PATH: searchPath = '' } = process.env;
  const unpackFolder = fileURLToPath(new URL('../../../../.tools/redis', import.meta.url));
  return { searchPath, unpackFolder, userId: process.getuid?.() ?? -1 };
};

const toServerOptions = (appendOnly: boolean): readonly string[] => [
  ...['--save', '', '--maxmemory-policy', 'noeviction'],
  ...['--appendonly', appendOnly ? 'yes' : 'no', '--appendfsync', 'everysec'],
];

const describe = (server: FolderServer, { appendOnly, dataDir }: LocalRedisOptions): string => {
  const data = appendOnly
    ? `append-only file, synced every second, in ${dataDir}/redis`
    : 'data deleted at the end';
  const where = `Redis ${server.version} on 127.0.0.1:${server.port}`;
  const hint = appendOnly ? `; scripts reach it with REDIS_URL=redis://127.0.0.1:${server.port}` : '';
  return `${where}: ${describeOrigin(server)} (REDIS_URL is not set; ${data})${hint}`;
};

const describeOrigin = ({ origin, isJoined, pid }: FolderServer): string =>
  isJoined ? `already running for this folder, process ${pid}` : origin;

const withoutPassword = (url: string): string => url.replace(/:\/\/[^@/]*@/g, '://***@');
