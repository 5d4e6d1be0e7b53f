import { describe, expect, it } from 'bun:test';
import { type RedisClient } from './createRedisClient';
import { type RedisFacts, readRedisFacts, redisProblems } from './redisHealth';

const safe: RedisFacts = {
  version: '7.2.4',
  maxmemoryPolicy: 'noeviction',
  isAppendOnly: true,
  clockSkewMs: 0,
};

describe('redisProblems', () => {
  it('finds nothing wrong with a safe server', () => {
    expect(redisProblems(safe)).toEqual([]);
  });

  it.each(['6.2.0', '6.2.14', '6.10.0', '7.0.0', '8.0.0', '10.0.0', '6.2', '7.4.0-rc1', '7', 'unknown'])(
    'accepts version %s',
    (version) => {
      expect(redisProblems({ ...safe, version })).toEqual([]);
    },
  );

  it.each(['6.1.9', '6.0.16', '5.0.14', '6', '2.8.24', '6.1'])('refuses version %s', (version) => {
    expect(redisProblems({ ...safe, version })).toEqual([`expected Redis 6.2.0 or newer, got ${version}`]);
  });

  it.each([2000, -2000])('accepts clocks that differ by %i ms', (clockSkewMs) => {
    expect(redisProblems({ ...safe, clockSkewMs })).toEqual([]);
  });

  it.each([2001, -2001])('names clocks that differ by %i ms', (clockSkewMs) => {
    expect(redisProblems({ ...safe, clockSkewMs })).toEqual([
      `expected the clocks of Redis and this machine within 2000 ms, got ${clockSkewMs} ms: delayed tasks run, and others expire, early or late by it`,
    ]);
  });

  it('lists everything at once', () => {
    const problems = redisProblems({
      version: '5.0.0',
      maxmemoryPolicy: 'allkeys-lru',
      isAppendOnly: false,
      clockSkewMs: 9999,
    });

    expect(problems.map((problem) => problem.split(',')[0])).toEqual([
      'expected Redis 6.2.0 or newer',
      'expected maxmemory-policy noeviction',
      'expected appendonly yes',
      'expected the clocks of Redis and this machine within 2000 ms',
    ]);
  });
});

describe('readRedisFacts', () => {
  const nowMs = 1_900_000_000_000;
  /** A server that answers half a second after it was asked; only the two commands that are used. */
  const read = (info: string, seconds = nowMs / 1000) => {
    let clockMs = nowMs - 250;
    const client = { info: async () => info, time: async () => [String(seconds), '250000'] };
    return readRedisFacts(client as unknown as RedisClient, () => {
      clockMs += 500;
      return clockMs - 250;
    });
  };
  const info = 'redis_version:7.2.4\r\nmaxmemory_policy:allkeys-lru\r\naof_enabled:1\r\n';

  it('reads version, eviction, persistence and clock', async () => {
    expect(await read(info)).toEqual({
      version: '7.2.4',
      maxmemoryPolicy: 'allkeys-lru',
      isAppendOnly: true,
      clockSkewMs: 0,
    });
  });

  it('measures the clock in the middle between question and answer', async () => {
    expect((await read(info, nowMs / 1000 + 10)).clockSkewMs).toBe(10_000);
    expect((await read(info, nowMs / 1000 - 10)).clockSkewMs).toBe(-10_000);
  });

  it('takes a Valkey’s own version, not the Redis version it claims', async () => {
    expect((await read(`${info}valkey_version:8.0.1\r\n`)).version).toBe('8.0.1');
  });

  it('asks one master of a cluster, or the cluster itself while it knows none', async () => {
    const server = { info: async () => info, time: async () => ['1', '0'] };
    const clusterOf = (masters: readonly unknown[]) =>
      ({
        isCluster: true,
        nodes: (role: string) => (role === 'master' ? masters : []),
        info: async () => 'redis_version:0',
        time: server.time,
      }) as unknown as RedisClient; // all that is used

    expect((await readRedisFacts(clusterOf([server]))).version).toBe('7.2.4');
    expect((await readRedisFacts(clusterOf([]))).version).toBe('0');
  });

  it('says unknown for what a server does not tell', async () => {
    expect(await read('')).toMatchObject({
      version: 'unknown',
      maxmemoryPolicy: 'unknown',
      isAppendOnly: false,
    });
  });
});
