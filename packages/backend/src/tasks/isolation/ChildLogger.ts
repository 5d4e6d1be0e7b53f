import { guardedLogger } from '@backend/logger/guardedLogger';
import { toLogFields } from '@backend/logger/LogFields';
import { type ILogger } from '@backend/logger/Logger';
import { toRedactPaths } from '@backend/logger/RedactPaths';
import { describeUnknown } from '@core/errors/describeUnknown';
import { type ErrorCopy, fromErrorCopy, toErrorCopy } from './ErrorCopy';

/** One log line on its way from the process of an attempt to the logger of its worker. */
export interface ChildLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** What `child` was given on the way to this logger. */
  readonly bindings: object;
  readonly meta: object;
  readonly error?: ErrorCopy;
}

/** The worker redacts its configured paths; sensitive fields do not even leave the process. */
const noPaths = toRedactPaths([]);

/** Creates a logger whose lines are written elsewhere. No method ever throws. */
export const createChildLogger = (send: (line: ChildLine) => void): ILogger =>
  guardedLogger(createBoundLogger(send, {}));

const createBoundLogger = (send: (line: ChildLine) => void, bindings: object): ILogger => {
  const write = (level: ChildLine['level'], message: unknown, meta: unknown): ChildLine => ({
    level,
    message: typeof message === 'string' ? message : describeUnknown(message),
    bindings,
    meta: toLogFields(meta, noPaths),
  });
  return {
    debug: (message, meta) => send(write('debug', message, meta)),
    info: (message, meta) => send(write('info', message, meta)),
    warn: (message, meta) => send(write('warn', message, meta)),
    error: (message, error, meta) =>
      send({
        ...write('error', message, meta),
        ...(error === undefined ? {} : { error: toErrorCopy(error) }),
      }),
    child: (more) => createBoundLogger(send, { ...bindings, ...toLogFields(more, noPaths) }),
    flush: () => undefined,
  };
};

/** Writes a line where it was on its way to. */
export const writeChildLine = (
  logger: ILogger,
  { level, message, bindings, meta, error }: ChildLine,
): void => {
  const bound = Object.keys(bindings).length === 0 ? logger : logger.child(bindings);
  if (level === 'error') bound.error(message, error === undefined ? undefined : fromErrorCopy(error), meta);
  else bound[level](message, meta);
};
