import { describeUnknown } from '@core/errors/describeUnknown';
import { type ILogger } from './Logger';

/**
 * Wraps a logger of unknown make so that it never throws and never rejects: what a worker does with a task must not
 * depend on whether a line about it could be written. What the logger threw is written to standard error.
 */
export const guardedLogger = (logger: ILogger): ILogger => ({
  debug: (message, meta) => guard(() => logger.debug(message, meta)),
  info: (message, meta) => guard(() => logger.info(message, meta)),
  warn: (message, meta) => guard(() => logger.warn(message, meta)),
  error: (message, error, meta) => guard(() => logger.error(message, error, meta)),
  flush: () => guard(() => logger.flush()),
  child: (bindings) => {
    let child = logger;
    guard(() => {
      child = logger.child(bindings);
    });
    return guardedLogger(child);
  },
});

const guard = (write: () => unknown): void => {
  try {
    const returned = write();
    // An async method fits ILogger too; a rejection nobody sees would end the process.
    if (returned instanceof Promise) returned.catch(report);
  } catch (thrown) {
    report(thrown);
  }
};

const report = (thrown: unknown): void => {
  process.stderr.write(`a logger threw: ${describeUnknown(thrown)}\n`);
};
