import { runWithLogContext } from '@backend/logger/LogContext';
import { type ILogger } from '@backend/logger/Logger';
import { CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { type MiddlewareHandler } from 'hono';
import { type HttpContext, type HttpEnvironment } from '../HttpEnvironment';

/** The header a correlation ID comes and goes in. */
export const CORRELATION_HEADER = 'X-Correlation-ID';

interface RequestContextOptions {
  readonly logger: ILogger;
  /** Says whether a request is one of those that come every few seconds and are logged at debug level only. */
  isRoutine(method: string, path: string): boolean;
  /** Monotonic, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/**
 * Gives every request its correlation ID (the caller's if it is a valid one, else a new one), answers with it, puts it on
 * every log line of the request, and writes the one line every request ends in.
 */
export const requestContext = ({
  logger,
  isRoutine,
  now = () => performance.now(),
}: RequestContextOptions): MiddlewareHandler<HttpEnvironment> => {
  const logRequest = (c: HttpContext, startedAtMs: number): void => {
    const { method, path } = c.req;
    const level = c.res.status < 500 && isRoutine(method, path) ? 'debug' : 'info';
    logger[level]('HTTP request', {
      method,
      path,
      status: c.res.status,
      ms: Math.round(now() - startedAtMs),
    });
  };
  return (c, next) => {
    const correlationId = parseCorrelationId(c.req.header(CORRELATION_HEADER)).unwrapOr(CorrelationId());
    c.set('correlationId', correlationId);
    return runWithLogContext({ correlationId }, async () => {
      const startedAtMs = now();
      await next();
      c.res.headers.set(CORRELATION_HEADER, correlationId);
      logRequest(c, startedAtMs);
    });
  };
};
