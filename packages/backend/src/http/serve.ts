import { type ILogger } from '@backend/logger/Logger';

/** A server that listens. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly port: number;
  /** Accepts no more connections, lets requests that run end, and closes what is left after 3 seconds. Safe to call twice. */
  stop(): Promise<void>;
}

/** The server cannot listen; the message says why and what to change. Thrown at start-up. */
export class HttpServeError extends Error {
  override readonly name = 'HttpServeError';
}

/** What answers requests; a Hono application does. */
export interface HttpHandler {
  fetch(request: Request): Response | Promise<Response>;
}

interface ServeHttpOptions {
  readonly app: HttpHandler;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly logger: ILogger;
  /** Milliseconds `stop` waits for running requests. Default: 3000. */
  readonly stopDeadlineMs?: number;
}

/**
 * Largest body the server reads, in bytes: 16 MiB. A backstop against Bun's 128 MiB: the application refuses much smaller
 * ones, unread and with a reason, which a server's own refusal does not carry.
 */
export const MAX_READ_BYTES = 16 * 1024 * 1024;

/** Seconds a connection may be silent: above the 20 s in which the board begins to cancel tasks, and what the last of them take. */
const IDLE_TIMEOUT_SECONDS = 30;

/** Ports above the taken one that are tried for a suggestion. */
const SUGGESTION_COUNT = 20;

/**
 * Listens for HTTP requests.
 *
 * @throws HttpServeError when the port is taken (it suggests a free one), forbidden, or the host is not this machine's.
 */
export const serveHttp = (options: ServeHttpOptions): HttpServer => {
  const { host, logger, stopDeadlineMs = 3000 } = options;
  const server = listen(options);
  const port = server.port ?? options.port;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  logger.info('HTTP server listens', { url });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => {
      logger.warn('HTTP requests that still run are cut off', { pendingRequests: server.pendingRequests });
      void server.stop(true);
    }, stopDeadlineMs);
    await server.stop();
    clearTimeout(timer);
  };
  return {
    url,
    port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
};

const listen = ({ app, host, port }: ServeHttpOptions): Bun.Server<undefined> => {
  try {
    return Bun.serve({
      hostname: host,
      port,
      fetch: (request) => app.fetch(request),
      maxRequestBodySize: MAX_READ_BYTES,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
    });
  } catch (cause) {
    throw new HttpServeError(describeFailure(cause, host, port), { cause });
  }
};

const describeFailure = (cause: unknown, host: string, port: number): string => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE': {
      const free = findFreePort(host, port + 1);
      const suggestion = free === undefined ? 'PORT=0 picks a free one' : `PORT=${free} is free`;
      return `expected PORT to be a free port of ${host}, got ${port}, which another process uses: ${suggestion}`;
    }
    case 'EACCES':
      return `expected PORT to be a port this user may use (usually 1024 and above), got ${port}`;
    case 'EADDRNOTAVAIL':
      return `expected HOST to be an address of this machine, got ${host}`;
    default:
      return `the HTTP server cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
};

const findFreePort = (hostname: string, first: number): number | undefined => {
  for (let port = first; port < first + SUGGESTION_COUNT && port <= 65_535; port += 1) {
    try {
      Bun.listen({ hostname, port, socket: { data: () => undefined } }).stop(true);
      return port;
    } catch {
      // Taken as well: the next one.
    }
  }
  return undefined;
};
