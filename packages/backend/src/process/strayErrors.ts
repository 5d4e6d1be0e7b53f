import { type ILogger } from '@backend/logger/Logger';

/** What a worker process says of an error that nobody caught. */
export const STRAY_ERROR_MESSAGE = 'An error reached no one; a handler threw outside of its promise';

/**
 * Keeps the process alive when an error reaches no one: a handler that throws from a timer, or drops a promise that
 * rejects, must not take the other tasks of its worker down. Each such error is logged with what runs now.
 *
 * @param runningTasks Names of the tasks that run now: one of them is the likely culprit.
 */
export const surviveStrayErrors = (logger: ILogger, runningTasks: () => readonly string[]): void => {
  const report = (error: unknown): void =>
    logger.error(STRAY_ERROR_MESSAGE, error, {
      runningTasks: [...new Set(runningTasks())],
    });
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
};
