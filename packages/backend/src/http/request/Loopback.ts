import { isLoopbackHost } from '@backend/config/isLoopbackHost';
import { type MiddlewareHandler } from 'hono';
import { respondWithError } from '../ErrorResponse';
import { type HttpEnvironment } from '../HttpEnvironment';

/**
 * Refuses requests for other names than this machine's own. A server on a loopback address needs it: a web page whose
 * name resolves to 127.0.0.1 could otherwise read and change tasks through the visitor's browser (DNS rebinding).
 */
export const requireLoopbackName: MiddlewareHandler<HttpEnvironment> = async (c, next) => {
  const { hostname } = new URL(c.req.url);
  if (isLoopbackHost(hostname)) return next();
  return respondWithError(c, {
    status: 403,
    code: 'foreign-host',
    message:
      `expected the Host header to be localhost or a loopback address, got ${JSON.stringify(hostname)}: ` +
      'a proxy must send "Host: localhost", and a server for other machines needs HOST and BOARD_PASSWORD',
  });
};
