import { isIPv4 } from 'node:net';
import { type MiddlewareHandler } from 'hono';
import { respondWithError } from '../ErrorResponse';
import { type HttpEnvironment } from '../HttpEnvironment';

/** Says by its form whether a host name or address is this machine's own, such as `localhost` or `127.0.0.1`. */
export const isLoopbackHost = (host: string): boolean => {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
};

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
