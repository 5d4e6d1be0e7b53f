import { err, ok, type Result } from 'neverthrow';

/** One host of a Sentinel or Cluster set-up. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
  readonly isTls: boolean;
}

/** Where Redis is, read from `REDIS_URL`. */
export type RedisTarget =
  | ({ readonly kind: 'single'; readonly db: number } & RedisNode & RedisAccess)
  | ({ readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] } & RedisAccess)
  | ({
      readonly kind: 'sentinel';
      readonly nodes: readonly RedisNode[];
      readonly master: string;
      readonly db: number;
    } & RedisAccess);

/** `REDIS_URL` is not one of the accepted forms. The message never shows the password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const FORMS =
  'expected REDIS_URL to be redis://[user:password@]host:port[/db], rediss:// for TLS, ' +
  'a comma-separated list of such URLs for a cluster, or redis+sentinel://host1:port,host2:port/master[/db]';

const SINGLE = /^(rediss?):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\[[^\]]+\]|[^:/@,]+)(?::(\d+))?(?:\/(\d+)?)?$/;
const SENTINEL = /^(rediss?)\+sentinel:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/@]+)\/([^/]+)(?:\/(\d+))?$/;

const toNode = (host: string, port: string | undefined, defaultPort: number): RedisNode => ({
  host: host.replace(/^\[|\]$/g, ''),
  port: port === undefined ? defaultPort : Number(port),
});

const toAccess = (
  scheme: string | undefined,
  user: string | undefined,
  password: string | undefined,
): RedisAccess => ({
  isTls: scheme === 'rediss',
  ...(user ? { username: decodeURIComponent(user) } : {}),
  ...(password ? { password: decodeURIComponent(password) } : {}),
});

const parseSingle = (url: string): Extract<RedisTarget, { kind: 'single' }> | undefined => {
  const match = SINGLE.exec(url);
  if (match === null) return undefined;
  const [, scheme, user, password, host = '', port, db] = match;
  return {
    kind: 'single',
    ...toNode(host, port, 6379),
    ...toAccess(scheme, user, password),
    db: Number(db ?? 0),
  };
};

const parseSentinel = (url: string): RedisTarget | undefined => {
  const match = SENTINEL.exec(url);
  if (match === null) return undefined;
  const [, scheme, user, password, hosts = '', master = '', db] = match;
  const nodes = hosts.split(',').map((host) => {
    const [name = '', port] = host.split(':');
    return toNode(name, port, 26379);
  });
  return { kind: 'sentinel', nodes, master, ...toAccess(scheme, user, password), db: Number(db ?? 0) };
};

const parseCluster = (urls: readonly string[]): RedisTarget | undefined => {
  const singles = urls.flatMap((url) => parseSingle(url.trim()) ?? []);
  const [first] = singles;
  if (first === undefined || singles.length !== urls.length) return undefined;
  const { username, password, isTls } = first;
  return {
    kind: 'cluster',
    nodes: singles.map(({ host, port }) => ({ host, port })),
    isTls,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
};

/** Reads a `REDIS_URL`: one server, a comma-separated list of cluster nodes, or a Sentinel set-up. */
export const parseRedisUrl = (url: string): Result<RedisTarget, RedisUrlError> => {
  try {
    const target = url.includes('+sentinel://')
      ? parseSentinel(url)
      : url.includes(',')
        ? parseCluster(url.split(','))
        : parseSingle(url);
    return target === undefined ? err(new RedisUrlError(FORMS)) : ok(target);
  } catch {
    // decodeURIComponent refuses a broken escape in the user name or the password.
    return err(new RedisUrlError(`${FORMS} with percent-encoded credentials`));
  }
};
