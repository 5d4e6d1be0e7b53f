import { connect } from 'node:net';
import { type ILogger } from '@backend/logger/Logger';
import { isFreePort } from '@backend/redis/local/findFreePort';
import { type LocalRedis, startLocalRedis } from '@backend/redis/localRedis';

interface KeptRedis {
  /** Lets it end, and stops what was started here. */
  stop(): Promise<void>;
}

interface KeptRedisOptions {
  /** Where a local Redis with its data in `dataDir` runs now. */
  readonly port: number;
  readonly dataDir: string;
  readonly logger: ILogger;
  /** Told why Redis could not be started again. */
  onFailed(reason: string): void;
}

/** Starts the development Redis again, on the same port and data, whenever it dies. */
export const keepLocalRedis = ({ port, dataDir, logger, onFailed }: KeptRedisOptions): KeptRedis => {
  const started: LocalRedis[] = [];
  let isKept = true;
  let restarting: Promise<void> = Promise.resolve();
  const restart = async (): Promise<void> => {
    logger.warn('Redis ended by itself; starting it again', { port });
    await becomesFree(port);
    const redis = await startLocalRedis({ appendOnly: true, dataDir, port });
    if (redis.isErr()) return onFailed(redis.error.message);
    started.push(redis.value);
    logger.info('Redis runs again', { port });
    if (isKept) watch = watchEnd(port, onEnd);
  };
  const onEnd = (): void => {
    restarting = restart();
  };
  let watch = watchEnd(port, onEnd);
  return {
    stop: async () => {
      isKept = false;
      watch.close();
      await restarting;
      await Promise.all(started.map((redis) => redis.stop()));
    },
  };
};

/** The end of a server closes the connection that is held here. */
const watchEnd = (port: number, onEnd: () => void): { close(): void } => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined); // `close` follows
  socket.on('close', onEnd);
  return {
    close: () => {
      socket.off('close', onEnd);
      socket.destroy();
    },
  };
};

/** A server that is shutting down may hold its port for a moment. */
const becomesFree = async (port: number): Promise<void> => {
  for (let attempt = 0; attempt < 20 && !(await isFreePort(port)); attempt += 1) await Bun.sleep(50);
};
