import { type MiddlewareHandler } from 'hono';
import { respondWithError } from '../ErrorResponse';
import { type HttpContext, type HttpEnvironment } from '../HttpEnvironment';

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Where a browser says a request comes from; `undefined` for programs, which say nothing. */
const foreignOrigin = (c: HttpContext): string | undefined => {
  const site = c.req.header('Sec-Fetch-Site');
  const origin = c.req.header('Origin');
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? undefined : (origin ?? site);
  if (origin === undefined) return undefined;
  return URL.parse(origin)?.host === new URL(c.req.url).host ? undefined : origin;
};

/**
 * Refuses changes that a page of another origin asks for through the visitor's browser (CSRF). Stricter than `hono/csrf`,
 * which lets JSON pass, and open to programs such as curl, which carry nobody's credentials by themselves.
 */
export const requireSameOrigin: MiddlewareHandler<HttpEnvironment> = async (c, next) => {
  const origin = SAFE_METHODS.includes(c.req.method) ? undefined : foreignOrigin(c);
  if (origin === undefined) return next();
  return respondWithError(c, {
    status: 403,
    code: 'foreign-origin',
    message: `expected a request of the board's own pages, got one from ${JSON.stringify(origin)}`,
  });
};
