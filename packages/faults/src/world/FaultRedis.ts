import { type LocalRedis, startLocalRedis } from '@backend/redis/localRedis';
import { Redis } from 'ioredis';

/** A Redis with an append-only file, whose process can be killed, suspended and started again. */
export interface FaultRedis extends AsyncDisposable {
  readonly port: number;
  /** A connection of the bench's own, past the proxy. */
  readonly client: Redis;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; resolves when it answers. */
  restart(options?: { readonly extraArgs?: readonly string[] }): Promise<void>;
  /** It loads as fast as it can from now on, whatever its `key-load-delay` was. */
  loadFast(): Promise<void>;
  /** Starts it with nothing, on the same port. */
  restartEmpty(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

/** With `everysec` a slow disk holds writes back for up to 2 s after they are acknowledged. */
const SAFE = ['--appendfsync', 'always'] as const;

/** Milliseconds for a killed process to leave the process table. */
const KILL_POLL_MS = 5;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH: gone
  }
};

/** Starts a Redis in a folder. */
export const startFaultRedis = async (folder: string): Promise<FaultRedis> => {
  let server = await start({ appendOnly: true, dataDir: folder, extraArgs: SAFE });
  const { port = 0 } = server;
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 100 });
  client.on('error', () => undefined); // it is killed on purpose
  const pid = (): number => {
    if (server.pid === undefined) throw new Error('expected a Redis that runs as a process, got none');
    return server.pid;
  };
  return {
    port,
    client,
    kill: async () => {
      const killed = pid();
      process.kill(killed, 'SIGKILL');
      while (isAlive(killed)) await Bun.sleep(KILL_POLL_MS);
      await server.stop();
    },
    restart: async ({ extraArgs = [] } = {}) => {
      server = await start({ appendOnly: true, dataDir: folder, port, extraArgs: [...SAFE, ...extraArgs] });
    },
    loadFast: async () => {
      // The other connection waits until everything is loaded.
      const loading = new Redis(port, '127.0.0.1', { enableReadyCheck: false });
      loading.on('error', () => undefined); // it is killed on purpose
      await loading.config('SET', 'key-load-delay', '0').catch(() => undefined);
      loading.disconnect();
    },
    restartEmpty: async () => {
      server = await start({ appendOnly: false, dataDir: folder, port });
    },
    signal: (signal) => process.kill(pid(), signal),
    [Symbol.asyncDispose]: async () => {
      client.disconnect();
      if (isAlive(pid())) process.kill(pid(), 'SIGCONT');
      await server.stop();
    },
  };
};

const start = async (options: Parameters<typeof startLocalRedis>[0]): Promise<LocalRedis> => {
  const started = await startLocalRedis(options);
  if (started.isErr()) throw started.error;
  return started.value;
};
