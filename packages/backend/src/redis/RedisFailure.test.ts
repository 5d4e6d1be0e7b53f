import { describe, expect, it } from 'bun:test';
import { describeRedisFailure } from './RedisFailure';

const REDIS_URL = 'redis://ada:secret@127.0.0.1:6380';
const PLACE = 'nothing answers at the REDIS_URL redis://[redacted]@127.0.0.1:6380';

describe('describeRedisFailure', () => {
  it.each([
    [
      'NOAUTH HELLO must be called with the client already authenticated, otherwise …',
      'Redis wants a password: expected one in REDIS_URL, as in redis://:password@host:port (NOAUTH)',
    ],
    [
      'WRONGPASS invalid username-password pair or user is disabled.',
      'Redis refuses the user or the password in REDIS_URL (WRONGPASS invalid username-password pair or user is disabled.)',
    ],
    [
      'Unknown RESP type 72 "H". Please report this.',
      'what listens there does not speak Redis: expected REDIS_URL to name a Redis (Unknown RESP type 72 "H")',
    ],
    [
      'getaddrinfo ENOTFOUND redis.example',
      'the host in REDIS_URL is not known (getaddrinfo ENOTFOUND redis.example)',
    ],
    ['connect ECONNREFUSED 127.0.0.1:6380', `${PLACE} (connect ECONNREFUSED 127.0.0.1:6380)`],
    ['Failed to refresh slots cache.', `${PLACE} (Failed to refresh slots cache.)`],
    ['LOADING Redis is loading the dataset in memory', 'LOADING Redis is loading the dataset in memory'],
  ])('says in words: %s', (message, reason) => {
    expect(describeRedisFailure(new Error(message), REDIS_URL)).toBe(reason);
  });

  it('says when REDIS_URL is not set', () => {
    expect(describeRedisFailure(new Error('connect ECONNREFUSED 127.0.0.1:6379'), undefined)).toBe(
      'nothing answers at redis://127.0.0.1:6379, and REDIS_URL is not set: set it, or start make dev (connect ECONNREFUSED 127.0.0.1:6379)',
    );
  });

  it.each([
    ['its code', Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' }), 'ETIMEDOUT'],
    ['its name', new AggregateError([]), 'AggregateError'],
    ['itself', 'gone', 'gone'],
  ])('calls an error without a message by %s', (_what, error, reason) => {
    expect(describeRedisFailure(error, REDIS_URL)).toBe(reason);
  });
});
