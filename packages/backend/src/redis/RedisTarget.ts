import { isIPv6 } from 'node:net';
import { err, ok, type Result } from 'neverthrow';

/** One host of a Sentinel or Cluster set-up. */
export interface RedisNode {
  /** An IPv6 address has no brackets here. */
  readonly host: string;
  readonly port: number;
}

interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
  readonly isTls: boolean;
}

type SingleTarget = { readonly kind: 'single'; readonly db: number } & RedisNode & RedisAccess;

/** Where Redis is, read from `REDIS_URL`. */
export type RedisTarget =
  | SingleTarget
  | ({ readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] } & RedisAccess)
  | ({
      readonly kind: 'sentinel';
      readonly nodes: readonly RedisNode[];
      readonly master: string;
      readonly db: number;
    } & RedisAccess);

/** `REDIS_URL` is not one of the accepted forms. The message never shows the URL, which may hold a password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

/** The forms that {@link parseRedisUrl} accepts, in words, to follow "expected REDIS_URL to be". */
export const REDIS_URL_FORMS =
  'redis://[user:password@]host[:port][/db], rediss:// for TLS, several of them separated by commas for a cluster ' +
  '(all with TLS or none, one user, no db), or redis+sentinel://[user:password@]host:port,host:port/master[/db]';

const ACCESS = String.raw`(?:([^:@/,\s]*)(?::([^@/,\s]*))?@)?`;
const DB = String.raw`(0|[1-9]\d{0,4})`;
const SERVER = new RegExp(String.raw`^(rediss?)://${ACCESS}([^@/,\s]+)(?:/${DB}?)?$`);
const SENTINEL = new RegExp(
  String.raw`^(rediss?)\+sentinel://${ACCESS}([^@/\s]+)/([A-Za-z0-9_.-]+)(?:/${DB})?$`,
);
const NODE = /^(?:([A-Za-z0-9_.-]+)|\[([^\]]+)\])(?::(\d{1,5}))?$/;

/** Reads `host`, `host:port` or `[IPv6]:port`; no default means that the port must be there. */
const parseNode = (text: string, defaultPort = ''): RedisNode | undefined => {
  const [, name, address, port = defaultPort] = NODE.exec(text) ?? [];
  const host = name ?? (isIPv6(address ?? '') ? address : undefined);
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return host !== undefined && isPort ? { host, port: Number(port) } : undefined;
};

/** Throws for a broken percent escape; `parseRedisUrl` catches it. */
const toAccess = (scheme?: string, user?: string, password?: string): RedisAccess => ({
  isTls: scheme === 'rediss',
  ...(user ? { username: decodeURIComponent(user) } : {}),
  ...(password ? { password: decodeURIComponent(password) } : {}),
});

const parseServer = (url: string): SingleTarget | undefined => {
  const [, scheme, user, password, address = '', db = '0'] = SERVER.exec(url) ?? [];
  const node = parseNode(address, '6379');
  if (node === undefined) return undefined;
  return { kind: 'single', ...node, ...toAccess(scheme, user, password), db: Number(db) };
};

const parseSentinel = (url: string): RedisTarget | undefined => {
  const [, scheme, user, password, hosts = '', master = '', db = '0'] = SENTINEL.exec(url) ?? [];
  const addresses = hosts.split(',');
  const nodes = addresses.flatMap((address) => parseNode(address) ?? []);
  if (nodes.length !== addresses.length) return undefined;
  return { kind: 'sentinel', nodes, master, ...toAccess(scheme, user, password), db: Number(db) };
};

/** All nodes of a cluster are reached the same way: one that names a user or password names that of the first. */
const isSameCluster = (first: SingleTarget, { username, password, isTls, db }: SingleTarget): boolean =>
  db === 0 &&
  isTls === first.isTls &&
  (username ?? first.username) === first.username &&
  (password ?? first.password) === first.password;

const parseCluster = (urls: readonly string[]): RedisTarget | undefined => {
  const servers = urls.flatMap((url) => parseServer(url) ?? []);
  const [first] = servers;
  if (first === undefined || servers.length !== urls.length) return undefined;
  if (!servers.every((server) => isSameCluster(first, server))) return undefined;
  const { kind: _kind, host: _host, port: _port, db: _db, ...access } = first;
  return { kind: 'cluster', nodes: servers.map(({ host, port }) => ({ host, port })), ...access };
};

const parseForm = (url: string): RedisTarget | undefined => {
  if (/^rediss?\+sentinel:/.test(url)) return parseSentinel(url);
  return url.includes(',') ? parseCluster(url.split(',')) : parseServer(url);
};

/**
 * Reads a `REDIS_URL`: one server, a comma-separated list of cluster nodes, or a Sentinel set-up. Special characters of
 * user and password are percent-encoded. Error: `RedisUrlError`, which names the accepted forms.
 */
export const parseRedisUrl = (url: string): Result<RedisTarget, RedisUrlError> => {
  try {
    const target = parseForm(url);
    if (target !== undefined) return ok(target);
    return err(new RedisUrlError(`expected REDIS_URL to be ${REDIS_URL_FORMS}`));
  } catch {
    // decodeURIComponent: a lone % in a password has to be written as %25.
    return err(
      new RedisUrlError(
        `expected REDIS_URL to have percent-encoded credentials (% is %25): ${REDIS_URL_FORMS}`,
      ),
    );
  }
};
