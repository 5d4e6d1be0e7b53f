import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { parseRedisUrl, type RedisTarget } from './RedisTarget';

const accepted: [url: string, target: RedisTarget][] = [
  ['redis://localhost', { kind: 'single', host: 'localhost', port: 6379, isTls: false, db: 0 }],
  ['redis://localhost/', { kind: 'single', host: 'localhost', port: 6379, isTls: false, db: 0 }],
  ['redis://localhost:1/2', { kind: 'single', host: 'localhost', port: 1, isTls: false, db: 2 }],
  ['redis://host:65535/15', { kind: 'single', host: 'host', port: 65_535, isTls: false, db: 15 }],
  ['rediss://r.example.com', { kind: 'single', host: 'r.example.com', port: 6379, isTls: true, db: 0 }],
  ['redis://[::1]:6380', { kind: 'single', host: '::1', port: 6380, isTls: false, db: 0 }],
  ['redis://[2001:db8::7]/3', { kind: 'single', host: '2001:db8::7', port: 6379, isTls: false, db: 3 }],
  [
    'redis://:p%40ss:word@10.0.0.1:6379',
    { kind: 'single', host: '10.0.0.1', port: 6379, isTls: false, password: 'p@ss:word', db: 0 },
  ],
  ['redis://ada@h', { kind: 'single', host: 'h', port: 6379, isTls: false, username: 'ada', db: 0 }],
  [
    'rediss://a%2Fb:c%25@redis.example.com:6380/0',
    {
      kind: 'single',
      host: 'redis.example.com',
      port: 6380,
      isTls: true,
      username: 'a/b',
      password: 'c%',
      db: 0,
    },
  ],
  [
    'redis://h1:7000,redis://[::1]:7001,redis://h3',
    {
      kind: 'cluster',
      nodes: [
        { host: 'h1', port: 7000 },
        { host: '::1', port: 7001 },
        { host: 'h3', port: 6379 },
      ],
      isTls: false,
    },
  ],
  [
    'rediss://u:p@h1:7000/0,rediss://u:p@h2:7001,rediss://h3:7002/',
    {
      kind: 'cluster',
      nodes: [
        { host: 'h1', port: 7000 },
        { host: 'h2', port: 7001 },
        { host: 'h3', port: 7002 },
      ],
      isTls: true,
      username: 'u',
      password: 'p',
    },
  ],
  [
    'redis+sentinel://h1:26379,[::1]:26380/mymaster',
    {
      kind: 'sentinel',
      nodes: [
        { host: 'h1', port: 26_379 },
        { host: '::1', port: 26_380 },
      ],
      master: 'mymaster',
      isTls: false,
      db: 0,
    },
  ],
  [
    'rediss+sentinel://user:pass@h1:26379/my.master-1/3',
    {
      kind: 'sentinel',
      nodes: [{ host: 'h1', port: 26_379 }],
      master: 'my.master-1',
      isTls: true,
      username: 'user',
      password: 'pass',
      db: 3,
    },
  ],
];

const refused = [
  '',
  'localhost:6379',
  'http://localhost',
  'redis://',
  'redis://host:',
  'redis://host:0',
  'redis://host:65536',
  'redis://host:99999',
  'redis://host:006379',
  'redis://host:6379:1',
  'redis://host/100000',
  'redis://host/abc',
  'redis://host/01',
  'redis://host/1/',
  'redis://host?family=6',
  'redis://ho st',
  'redis://host\n',
  'redis://::1:6379',
  'redis://[::1',
  'redis://[localhost]',
  'redis://[:::]:6379',
  'redis://u:100%@host',
  'redis://u%zz@host',
  'redis://h1:7000,',
  'redis://h1:7000/1,redis://h2:7000/1',
  'redis://h1:7000,redis://h2:7000/1',
  'redis://h1:7000,rediss://h2:7000',
  'redis://h1:7000,h2:7000',
  'redis://u:p@h1:7000,redis://u:other@h2:7000',
  'redis://h1:7000,redis://u:p@h2:7000',
  'redis://h1:7000,redis+sentinel://h2:7000/mymaster',
  'redis+sentinel://h1:26379,h2:26379',
  'redis+sentinel://h1,h2/mymaster',
  'redis+sentinel://h1:0/mymaster',
  'redis+sentinel://h1:26379,/mymaster',
  'redis+sentinel://::1:26379/mymaster',
  'redis+sentinel://[::1/mymaster',
  'redis+sentinel://u:100%@h1:26379/mymaster',
  'redis+sentinel://h1:26379/mymaster/x',
  'redis+sentinel://h1:26379/my master',
  'sentinel://h1:26379/mymaster',
];

describe('parseRedisUrl', () => {
  it.each(accepted)('reads %s', (url, target) => {
    expect(parseRedisUrl(url)._unsafeUnwrap()).toEqual(target);
  });

  it.each(refused)('refuses %j and names the accepted forms', (url) => {
    expect(parseRedisUrl(url)._unsafeUnwrapErr()).toMatchObject({
      name: 'RedisUrlError',
      message: expect.stringMatching(/^expected REDIS_URL to .*redis:\/\/\[user:password@\]host\[:port\]/),
    });
  });

  it('names all three forms, and says what is wrong with a lone %', () => {
    const messageOf = (url: string) => parseRedisUrl(url)._unsafeUnwrapErr().message;

    expect(messageOf('x')).toMatch(/redis:\/\/.*rediss:\/\/.*cluster.*redis\+sentinel:\/\//);
    expect(messageOf('redis://u:100%@h')).toStartWith(
      'expected REDIS_URL to have percent-encoded credentials (% is %25)',
    );
  });

  it('never throws, and never shows a password', () => {
    const urls = fc.string().map((text) => `redis://u:hunter2${text}@host?`);

    fc.assert(fc.property(urls, (url) => !parseRedisUrl(url)._unsafeUnwrapErr().message.includes('hunter2')));
  });

  it('gives back whatever credentials were percent-encoded', () => {
    const texts = fc.string({ minLength: 1, unit: 'grapheme' });

    fc.assert(
      fc.property(texts, texts, (username, password) => {
        const url = `redis://${encodeURIComponent(username)}:${encodeURIComponent(password)}@h`;
        expect(parseRedisUrl(url)._unsafeUnwrap()).toMatchObject({ username, password });
      }),
    );
  });
});
