import { toShownUrl } from '@backend/config/shownUrl';
import { describeUnknown } from '@core/errors/describeUnknown';

/** Where Redis is looked for when no `REDIS_URL` is given. */
export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

const WRONG_DATABASE = /DB index|invalid DB/i;

/** What to do about an error of a connection, by what its text contains. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^NOAUTH\b/, 'Redis wants a password: expected one in REDIS_URL, as in redis://:password@host:port'],
  [/^WRONGPASS\b/, 'Redis refuses the user or the password in REDIS_URL'],
  [/Unknown RESP type/, 'what listens there does not speak Redis: expected REDIS_URL to name a Redis'],
  [WRONG_DATABASE, 'the database in REDIS_URL does not exist: expected a lower number after the last /'],
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

/** Says whether the server has no database of the number in `REDIS_URL`. */
export const isWrongDatabase = (error: unknown): boolean => WRONG_DATABASE.test(textOf(error));

/** Says whether an error is but the echo of an earlier one, which says more. */
export const isEcho = (error: unknown): boolean =>
  /^(Stream isn't writeable|Connection is closed)/.test(textOf(error));

/** A refused connection on several addresses is an AggregateError without a message of its own. */
const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return describeUnknown(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
};

/** The first words: Redis explains its own protocol at length, and the client wants a report. */
const shorten = (text: string): string => text.replace(/(?<=^NOAUTH\b).*|\. Please report this\.$/s, '');
