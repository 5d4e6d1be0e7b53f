import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { Redis } from 'ioredis';
import { findFreePort } from '../local/findFreePort';
import { findLocalServer, type LocalRedis, startLocalRedis } from '../localRedis';

/** Redis servers of a test, and how they are reached. */
export interface RedisServers extends AsyncDisposable {
  readonly redisUrl: string;
  readonly servers: readonly LocalRedis[];
  /** Runs a command on every server. */
  onEach<T>(command: (client: Redis, index: number) => Promise<T>): Promise<T[]>;
}

const SLOT_COUNT = 16_384;

/** A cluster's nodes talk on port + 10,000, which has to be a port too. */
const findClusterPort = async (): Promise<number> => {
  for (;;) {
    const port = await findFreePort();
    if (port <= 55_000) return port;
  }
};

interface ServersInput {
  readonly servers: readonly LocalRedis[];
  readonly redisUrl: string;
  /** Stops and deletes what else there is. */
  dispose(): PromiseLike<void>;
}

const toServers = ({ servers, redisUrl, dispose }: ServersInput): RedisServers => {
  const clients = servers.map(({ url }) => new Redis(url));
  for (const client of clients) client.on('error', () => undefined);
  return {
    redisUrl,
    servers,
    onEach: (command) => Promise.all(clients.map(command)),
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
      await dispose();
    },
  };
};

/** Starts three nodes and shares the slots among them. */
export const startCluster = async (): Promise<RedisServers> => {
  const directory = await createTemporaryDirectory();
  const servers: LocalRedis[] = [];
  for (let index = 0; index < 3; index += 1) {
    const options = { appendOnly: false, dataDir: directory.path, port: await findClusterPort() };
    servers.push(
      (await startLocalRedis({ ...options, extraArgs: ['--cluster-enabled', 'yes'] }))._unsafeUnwrap(),
    );
  }
  const redisUrl = servers.map(({ url }) => url).join(',');
  const cluster = toServers({ servers, redisUrl, dispose: () => directory[Symbol.asyncDispose]() });
  await cluster.onEach(async (client, index) => {
    const bounds = [index, index + 1].map((part) => Math.round((part * SLOT_COUNT) / servers.length));
    await client.call('CLUSTER', 'ADDSLOTSRANGE', String(bounds[0]), String((bounds[1] ?? 0) - 1));
    await client.call('CLUSTER', 'MEET', '127.0.0.1', String(servers[0]?.port));
  });
  await until(async () =>
    (await cluster.onEach((client) => client.cluster('INFO'))).every(
      (info) => String(info).includes('cluster_state:ok') && String(info).includes('cluster_known_nodes:3'),
    ),
  );
  return cluster;
};

/** Starts one master and one sentinel that watches it as `main`. */
export const startSentinel = async (): Promise<RedisServers> => {
  const directory = await createTemporaryDirectory();
  const master = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
  const port = await findFreePort();
  const folder = join(directory.path, 'sentinel');
  await mkdir(folder);
  const config = join(folder, 'sentinel.conf');
  await writeFile(
    config,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      '',
    ].join('\n'),
  );
  const { file, environment } = await findServerFile();
  const sentinel = Bun.spawn([file, config, '--sentinel'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const probe = new Redis(port, '127.0.0.1');
  probe.on('error', () => undefined);
  await until(async () => String(await probe.call('SENTINEL', 'MASTERS').catch(() => '')).includes('main'));
  probe.disconnect();
  return toServers({
    servers: [master],
    redisUrl: `redis+sentinel://127.0.0.1:${port}/main`,
    dispose: async () => {
      sentinel.kill();
      await sentinel.exited;
      await directory[Symbol.asyncDispose]();
    },
  });
};

const findServerFile = async () => {
  const server = (await findLocalServer())._unsafeUnwrap();
  if (!server.isNative) throw new Error(`expected a server program on this machine, got ${server.origin}`);
  const [file = ''] = server.toCommand({ port: 0, folder: '', options: [] });
  return { file, environment: server.environment };
};

/** A server that speaks TLS, and the certificate of the authority that signed its own. */
export interface TlsServer extends RedisServers {
  readonly caFile: string;
}

/**
 * Makes a certificate for 127.0.0.1 with openssl and starts a server with it.
 *
 * @returns why it cannot, when there is no openssl or the server was built without TLS.
 */
export const startTlsServer = async (): Promise<TlsServer | string> => {
  const openssl = Bun.which('openssl');
  if (openssl === null) return 'there is no openssl to make a certificate with';
  const directory = await createTemporaryDirectory();
  const [key, caFile] = [join(directory.path, 'key.pem'), join(directory.path, 'cert.pem')];
  await Bun.spawn(
    [
      ...[openssl, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1'],
      ...['-keyout', key, '-out', caFile, '-subj', '/CN=drover test'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  ).exited;
  const tlsPort = await findFreePort();
  const started = await startLocalRedis({
    appendOnly: false,
    dataDir: directory.path,
    extraArgs: [
      ...['--tls-port', String(tlsPort), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', caFile, '--tls-key-file', key, '--tls-ca-cert-file', caFile],
    ],
  });
  if (started.isErr()) {
    await directory[Symbol.asyncDispose]();
    return `this Redis does not speak TLS: ${started.error.message}`;
  }
  const servers = toServers({
    servers: [started.value],
    redisUrl: `rediss://127.0.0.1:${tlsPort}`,
    dispose: () => directory[Symbol.asyncDispose](),
  });
  return { ...servers, caFile };
};
