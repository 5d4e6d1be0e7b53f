import { type ILogger } from '@backend/logger/Logger';

/** Set by a supervisor: the process stops when its standard input ends, so that it never outlives the supervisor. */
export const STOP_WITH_STDIN = 'DROVER_STOP_WITH_STDIN';

interface StopRequestOptions {
  readonly logger: ILogger;
  /** Stops everything; the process exits with 0 when it resolves, with 1 when it rejects. */
  stop(reason: string): Promise<void>;
}

/**
 * Stops the process well at the first SIGTERM or SIGINT, and at once at the second. Effect: the process exits.
 */
export const stopOnRequest = ({ logger, stop }: StopRequestOptions): void => {
  let isStopping = false;
  const request = (reason: string): void => {
    if (isStopping) {
      logger.warn('Second request to stop: exiting at once', { reason });
      exit(logger, 1);
    }
    isStopping = true;
    logger.info('Stopping', { reason });
    stop(reason).then(
      () => exit(logger, 0),
      (error: unknown) => {
        logger.error('Stopping failed', error);
        exit(logger, 1);
      },
    );
  };
  process.on('SIGTERM', () => request('SIGTERM'));
  process.on('SIGINT', () => request('SIGINT'));
  if (process.env[STOP_WITH_STDIN] === '1')
    process.stdin.resume().on('end', () => request('the supervisor is gone'));
};

const exit = (logger: ILogger, code: number): never => {
  logger.flush();
  process.exit(code);
};
