import { toShownUrl } from '@backend/config/shownUrl';
import { describeUnknown } from '@core/errors/describeUnknown';

/** Where Redis is looked for when no `REDIS_URL` is given. */
export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

/** What to do about an error of a connection, by what its text contains. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^NOAUTH\b/, 'Redis wants a password: expected one in REDIS_URL, as in redis://:password@host:port'],
  [/^WRONGPASS\b/, 'Redis refuses the user or the password in REDIS_URL'],
  [/Unknown RESP type/, 'what listens there does not speak Redis: expected REDIS_URL to name a Redis'],
  [/^getaddrinfo\b/, 'the host in REDIS_URL is not known'],
];

const REFUSED = /ECONNREFUSED|slots cache|sentinels are unreachable/;

/**
 * Says in words why Redis cannot be used, what the connection said included.
 *
 * @param redisUrl as configured; undefined when `REDIS_URL` is not set.
 */
export const describeRedisFailure = (error: unknown, redisUrl: string | undefined): string => {
  const text = textOf(error);
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1];
  if (advice !== undefined) return `${advice} (${shorten(text)})`;
  if (!REFUSED.test(text)) return text;
  const place =
    redisUrl === undefined
      ? `${DEFAULT_REDIS_URL}, and REDIS_URL is not set: set it, or start make dev`
      : `the REDIS_URL ${toShownUrl(redisUrl).replaceAll('"', '')}`;
  return `nothing answers at ${place} (${text})`;
};

/** A refused connection on several addresses is an AggregateError without a message of its own. */
const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return describeUnknown(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
};

/** The first words: Redis explains its own protocol at length, and the client wants a report. */
const shorten = (text: string): string => text.replace(/(?<=^NOAUTH\b).*|\. Please report this\.$/s, '');
