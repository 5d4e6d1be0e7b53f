import { type ILogger } from '@backend/logger/Logger';
import { suggestion } from '@backend/tasks/domain/nearestName';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { type ValidationIssue } from '@core/errors/ValidationError';
import { type ErrorHandler, type Handler, type NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type ContentfulStatusCode } from 'hono/utils/http-status';
import { type HttpContext, type HttpEnvironment } from './HttpEnvironment';

/** Why a request was refused or failed. */
export interface HttpError {
  readonly status: ContentfulStatusCode;
  /** Names the reason for a program. */
  readonly code: string;
  /** What was expected and what was got, for people. */
  readonly message: string;
  /** Broken rules of the request's data, if that is the reason. */
  readonly issues?: readonly ValidationIssue[];
}

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error: Omit<HttpError, 'status'>;
  /** To be found in the logs; absent for a request refused before it had one. */
  readonly correlationId?: CorrelationId;
}

/** Answers with an error as JSON, always of the same shape. */
export const respondWithError = (c: HttpContext, { status, ...error }: HttpError): Response => {
  const body: ErrorBody = { error, correlationId: c.get('correlationId') };
  return c.json(body, status);
};

/** Creates the answer to unknown paths: it names the nearest known one, and at `/` all of them. */
export const createNotFoundHandler =
  (knownPaths: readonly string[]): NotFoundHandler<HttpEnvironment> =>
  (c) => {
    const hint =
      c.req.path === '/' ? ` Known are: ${knownPaths.join(', ')}` : suggestion(c.req.path, knownPaths);
    const message = `expected a known path, got ${c.req.method} ${c.req.path}.${hint}`;
    return respondWithError(c, { status: 404, code: 'not-found', message });
  };

/** Creates the answer to a known path with another method than the one it takes. */
export const createMethodHandler =
  (method: string): Handler<HttpEnvironment> =>
  (c) => {
    c.header('Allow', method);
    const message = `expected ${method} ${c.req.path}, got ${c.req.method}`;
    return respondWithError(c, { status: 405, code: 'method-not-allowed', message });
  };

/** Creates the answer to whatever a route throws. The reason goes to the log, not to the caller. */
export const createErrorHandler =
  (logger: ILogger): ErrorHandler<HttpEnvironment> =>
  (error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    logger.error('A request failed', error, { method: c.req.method, path: c.req.path });
    const message = 'the server failed; its log says why, under the correlation ID';
    return respondWithError(c, { status: 500, code: 'internal-error', message });
  };
