import { type ILogger } from './Logger';

/**
 * Wraps a logger of unknown make so that it never throws: what a worker does with a task must not depend on whether a
 * line about it could be written. What the logger threw is written to standard error.
 */
export const guardedLogger = (logger: ILogger): ILogger => {
  const guard = (write: () => void): void => {
    try {
      write();
    } catch (thrown) {
      process.stderr.write(`a logger threw: ${String(thrown)}\n`);
    }
  };
  return {
    debug: (message, meta) => guard(() => logger.debug(message, meta)),
    info: (message, meta) => guard(() => logger.info(message, meta)),
    warn: (message, meta) => guard(() => logger.warn(message, meta)),
    error: (message, error, meta) => guard(() => logger.error(message, error, meta)),
    flush: () => guard(() => logger.flush()),
    child: (bindings) => {
      try {
        return guardedLogger(logger.child(bindings));
      } catch (thrown) {
        process.stderr.write(`a logger threw: ${String(thrown)}\n`);
        return guardedLogger(logger);
      }
    },
  };
};
