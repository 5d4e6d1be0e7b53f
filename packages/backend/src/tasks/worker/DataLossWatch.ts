import { type ILogger } from '@backend/logger/Logger';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { describeUnknown } from '@core/errors/describeUnknown';
import { v4 } from 'uuid';
import { createDataMarker } from '../queue/DataMarker';

/** What a worker says first when Redis was emptied, or started without what it had. */
export const DATA_LOSS_MESSAGE = 'Redis has lost its data';

interface DataLossWatchOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly logger: ILogger;
  /** Whether a ledger knows the tasks too. */
  readonly hasLedger: boolean;
  /** Milliseconds between two looks. */
  readonly intervalMs: number;
  /** Redis has lost its data. */
  onLost(): void;
}

/** Says when Redis has lost its data: emptied, or started without what it had. */
export interface DataLossWatch {
  /** One look, or the one that is under way; called by the timer, public for tests. Never rejects. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * Starts to look, regularly and after each reconnection. What is lost without a ledger cannot be brought back, but nobody must
 * find out by waiting for a task that will never run.
 */
export const createDataLossWatch = (options: DataLossWatchOptions): DataLossWatch => {
  const { client, prefix, logger, hasLedger, intervalMs, onLost } = options;
  const marker = createDataMarker({ client, prefix, createValue: v4 });
  const consequence = hasLedger
    ? 'its tasks are put on their queues again, from the ledger'
    : 'the tasks that were in it are gone';
  let lastSeenAt: Date | undefined;
  const lookOnce = async (): Promise<void> => {
    try {
      if (await marker.hasLostData()) {
        logger.error(`${DATA_LOSS_MESSAGE}: ${consequence}`, undefined, { lastSeenAt });
        onLost();
      }
      lastSeenAt = new Date();
    } catch (error) {
      logger.debug('It is not known whether Redis still has its data', { reason: describeUnknown(error) });
    }
  };
  let looking: Promise<void> | undefined;
  // While Redis is away one look waits for it; more would only queue up behind.
  const look = (): Promise<void> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const onReady = (): void => void look();
  const timer = setInterval(onReady, intervalMs);
  timer.unref();
  client.on('ready', onReady);
  onReady();
  return {
    look,
    stop: () => {
      clearInterval(timer);
      client.off('ready', onReady);
    },
  };
};
