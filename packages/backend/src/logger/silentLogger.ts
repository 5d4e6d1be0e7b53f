import { type ILogger } from './Logger';

const writeNothing = (): void => undefined;

/** Writes nothing at any level: for direct calls of a handler, and wherever a logger is required but not wanted. */
export const silentLogger: ILogger = Object.freeze({
  debug: writeNothing,
  info: writeNothing,
  warn: writeNothing,
  error: writeNothing,
  child: () => silentLogger,
  flush: writeNothing,
});
