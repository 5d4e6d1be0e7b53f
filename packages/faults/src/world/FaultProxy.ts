import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { type Random } from '../plan/Random';

/** A way to Redis that can be made worse. */
export interface FaultProxy extends AsyncDisposable {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** Refuses connections, as the machine of a dead server does, until `open`. Those that exist are cut. */
  shut(): void;
  /** Accepts connections again; without effect when it does. */
  open(): Promise<void>;
  /**
   * Lets the n-th command that matches reach Redis and cuts its connection when the reply comes. Resolves when that has
   * happened; never when no such command comes.
   */
  loseReply(options: { matches(request: Buffer): boolean; readonly nth: number }): Promise<void>;
  /**
   * Keeps the n-th command that matches from Redis; nothing passes on its connection any more, and nobody is told. Resolves
   * with what was kept when that has happened, and with nothing when no such command has come within `patienceMs`.
   */
  holdRequest(options: {
    matches(request: Buffer): boolean;
    readonly nth: number;
    readonly patienceMs: number;
  }): Promise<Buffer | undefined>;
  /** Delays every packet and cuts the connection of some; ends when the function it answers is called. */
  worsen(options: {
    readonly latencyMs: number;
    readonly resetPercent: number;
    readonly random: Random;
    onReset(): void;
  }): () => void;
  /** Swallows every packet; ends when the function it answers is called, but never for connections of that time. */
  swallow(): () => void;
}

interface Weather {
  readonly latencyMs: number;
  cutsPacket(): boolean;
}

interface Trap {
  readonly takes: 'request' | 'reply';
  matches(request: Buffer): boolean;
  nth: number;
  resolve(request?: Buffer): void;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Nothing passes any more, and nobody is told. */
  isDead: boolean;
  /** Dead because of the trap: it is cut in a moment. */
  isLosing: boolean;
  /** Closed by the proxy, so that both ends know. */
  isCut: boolean;
  /** Set when the next reply is to be lost. */
  trap: Trap | undefined;
}

/** A command that was pipelined with others is carried out within this time of its first reply; milliseconds. */
const CARRY_OUT_MS = 50;

const cut = (pair: Pair): void => {
  pair.isCut = true;
  pair.client.destroy();
  pair.upstream.destroy();
};

/** Hands packets on in their order, each after its latency. */
const createLine = (deliver: (chunk: Buffer) => void) => {
  const waiting: { readonly chunk: Buffer; readonly dueAtMs: number }[] = [];
  const deliverDue = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const leftMs = next.dueAtMs - performance.now();
      if (leftMs > 0) {
        setTimeout(deliverDue, Math.ceil(leftMs));
        return;
      }
      waiting.shift();
      deliver(next.chunk);
    }
  };
  return {
    send: (chunk: Buffer, latencyMs: number): void => {
      const isIdle = waiting.length === 0;
      waiting.push({ chunk, dueAtMs: performance.now() + latencyMs });
      if (isIdle) deliverDue();
    },
  };
};

/** Listens on a free port and passes everything on to Redis on `redisPort`. */
export const createFaultProxy = async (redisPort: number): Promise<FaultProxy> => {
  const pairs = new Set<Pair>();
  const traps = new Set<Trap>();
  let weather: Weather | undefined;
  let isSwallowing = false;

  const springs = (request: Buffer): Trap | undefined =>
    [...traps].find((trap) => {
      if (!trap.matches(request)) return false;
      trap.nth -= 1;
      if (trap.nth === 0) traps.delete(trap);
      return trap.nth === 0;
    });

  const loseNextReply = (pair: Pair, trap: Trap): void => {
    pair.isDead = true;
    pair.isLosing = true;
    setTimeout(() => {
      cut(pair);
      trap.resolve();
    }, CARRY_OUT_MS);
  };

  const deliver = (pair: Pair, chunk: Buffer, to: Socket, onChunk: (chunk: Buffer) => void): void => {
    if (pair.isDead || pair.isCut) return;
    onChunk(chunk);
    if (!pair.isDead) to.write(chunk);
  };

  const pass = (pair: Pair, from: Socket, to: Socket, onChunk: (chunk: Buffer) => void): void => {
    const line = createLine((chunk) => deliver(pair, chunk, to, onChunk));
    from.on('data', (chunk: Buffer) => {
      if (pair.isDead) return;
      if (weather?.cutsPacket()) return cut(pair);
      line.send(chunk, weather?.latencyMs ?? 0);
    });
    // A dead connection is one whose end nobody hears of, however it ends: it stays until the proxy is shut.
    from.on('error', () => forget(pair));
    from.on('close', () => forget(pair));
  };

  const forget = (pair: Pair): void => {
    // The reply that was to be lost never came: the next command of its kind takes its place.
    if (pair.trap !== undefined && !pair.isLosing) traps.add({ ...pair.trap, nth: 1 });
    pair.trap = undefined;
    if (pair.isDead && !pair.isLosing) return;
    pairs.delete(pair);
    cut(pair);
  };

  const accept = (client: Socket): void => {
    const upstream = connectSocket({ port: redisPort, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    const pair: Pair = {
      client,
      upstream,
      isDead: isSwallowing,
      isLosing: false,
      isCut: false,
      trap: undefined,
    };
    pairs.add(pair);
    pass(pair, client, upstream, (request) => {
      const trap = pair.trap ?? springs(request);
      if (trap?.takes === 'reply') pair.trap = trap;
      if (trap?.takes !== 'request') return;
      pair.isDead = true;
      trap.resolve(request);
    });
    pass(pair, upstream, client, () => {
      if (pair.trap !== undefined) loseNextReply(pair, pair.trap);
    });
  };

  const cutAll = (): void => {
    for (const pair of pairs) cut(pair);
    pairs.clear();
  };

  let server = await listen(0, accept);
  const { port } = server;
  return {
    port,
    shut: () => {
      server.close();
      cutAll();
    },
    open: async () => {
      if (!server.isOpen()) server = await listen(port, accept);
    },
    loseReply: ({ matches, nth }) =>
      new Promise((resolve) => {
        traps.add({ takes: 'reply', matches, nth, resolve: () => resolve() });
      }),
    holdRequest: ({ matches, nth, patienceMs }) =>
      new Promise((resolve) => {
        const trap: Trap = { takes: 'request', matches, nth, resolve };
        traps.add(trap);
        setTimeout(() => {
          // One that is still there would take a command of somebody whom nobody expects to suffer.
          if (traps.delete(trap)) resolve(undefined);
        }, patienceMs);
      }),
    worsen: ({ latencyMs, resetPercent, random, onReset }) => {
      weather = {
        latencyMs,
        cutsPacket: () => {
          const isCut = random.integer(1, 100) <= resetPercent;
          if (isCut) onReset();
          return isCut;
        },
      };
      return () => {
        weather = undefined;
      };
    },
    swallow: () => {
      isSwallowing = true;
      for (const pair of pairs) pair.isDead = true;
      return () => {
        isSwallowing = false;
      };
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      cutAll();
    },
  };
};

interface Listener {
  readonly port: number;
  isOpen(): boolean;
  /** Accepts no more; safe to call twice. */
  close(): void;
}

const listen = (port: number, accept: (client: Socket) => void): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const server = createServer(accept);
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        isOpen: () => server.listening,
        // Not waited for: it ends with the last connection that it has accepted.
        close: () => void server.close(() => undefined),
      });
    });
  });
