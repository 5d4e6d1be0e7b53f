import { describe, expect, it } from 'bun:test';
import { parseRedisUrl } from '@backend/redis/RedisTarget';
import { isRedisUrl } from './redisUrlRule';

const accepted = [
  'redis://localhost',
  'redis://localhost/',
  'redis://localhost:6379/2',
  'redis://:p%40ss@10.0.0.1:6379',
  'rediss://user:pass@redis.example.com:6380/0',
  'redis://[::1]:6379',
  'redis://h1:7000,redis://h2:7001,redis://h3:7002',
  'rediss://u:p@h1:7000,rediss://u:p@h2:7001',
  'redis+sentinel://h1:26379,h2:26379/mymaster',
  'redis+sentinel://user:pass@h1:26379,h2:26379/mymaster/3',
  'rediss+sentinel://h1:26379/mymaster',
];

const refused = [
  '',
  'localhost:6379',
  'http://localhost',
  'redis://',
  'redis://host:99999',
  'redis://host:0',
  'redis://host/abc',
  'redis://host/01',
  'redis://host?family=6',
  'redis://ho st',
  'redis://host\n',
  'redis://u:100%@host',
  'redis://h1:7000,',
  'redis://h1:7000/1,redis://h2:7000/1',
  'redis://h1:7000,rediss://h2:7000',
  'redis://h1:7000,h2:7000',
  'redis+sentinel://h1:26379,h2:26379',
  'redis+sentinel://h1,h2/mymaster',
  'redis+sentinel://h1:0/mymaster',
  'redis+sentinel://h1:26379/mymaster/x',
  'sentinel://h1:26379/mymaster',
];

describe('isRedisUrl', () => {
  it.each(accepted)('accepts %s', (url) => {
    expect(isRedisUrl(url)).toBe(true);
  });

  it.each(refused)('refuses %j', (url) => {
    expect(isRedisUrl(url)).toBe(false);
  });

  it.each(accepted)('accepts only what the connection can read: %s', (url) => {
    expect(parseRedisUrl(url).isOk()).toBe(true);
  });
});
