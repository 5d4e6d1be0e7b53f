import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to Redis that cuts connections. */
export interface CuttingProxy extends AsyncDisposable {
  readonly redisUrl: string;
}

interface CuttingProxyOptions {
  readonly redisUrl: string;
  /**
   * Whether a connection is cut instead of passing on what it sends.
   *
   * @param connection Its number, from 1.
   * @param sent What it sends; empty when it has just been opened.
   */
  cuts(connection: number, sent: string): boolean;
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

/** Starts a proxy on a free port. */
export const startCuttingProxy = async ({ redisUrl, cuts }: CuttingProxyOptions): Promise<CuttingProxy> => {
  const { hostname: host, port } = new URL(redisUrl);
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  const server = createServer((client) => {
    connectionCount += 1;
    const connection = connectionCount;
    const upstream = connect({ host, port: Number(port) });
    const cut = (): void => {
      for (const socket of [client, upstream]) {
        sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', cut);
    }
    if (cuts(connection, '')) return cut();
    client.on('data', (chunk: Buffer) => {
      if (cuts(connection, chunk.toString('latin1'))) cut();
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => client.write(chunk));
  });
  const proxyPort = await listen(server);
  return {
    redisUrl: `redis://127.0.0.1:${proxyPort}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
