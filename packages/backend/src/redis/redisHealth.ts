import { type RedisClient } from './createRedisClient';
import { isCluster } from './isCluster';

/** What a Redis server says of itself, as far as the safety of tasks depends on it. */
export interface RedisFacts {
  readonly version: string;
  readonly maxmemoryPolicy: string;
  readonly isAppendOnly: boolean;
  /** The server's clock minus ours, in milliseconds. */
  readonly clockSkewMs: number;
}

/** The oldest Redis that is supported. */
export const MIN_REDIS_VERSION = '6.2.0';

/** Delayed tasks run early or late by the difference of the clocks; above this many milliseconds we say so. */
export const MAX_CLOCK_SKEW_MS = 2000;

/** How the sentence about clocks begins. */
export const CLOCK_PROBLEM = 'expected the clocks';

const toNumbers = (version: string): number[] => version.split('.').map(Number);

const isOlder = (version: string, minimum: string): boolean => {
  const [ours, theirs] = [toNumbers(version), toNumbers(minimum)];
  const index = theirs.findIndex((part, position) => part !== ours[position]);
  return index >= 0 && (ours[index] ?? 0) < (theirs[index] ?? 0);
};

/** Lists what endangers tasks on this server, one clear sentence each. Pure. */
export const redisProblems = (facts: RedisFacts): string[] => [
  ...(isOlder(facts.version, MIN_REDIS_VERSION)
    ? [`expected Redis ${MIN_REDIS_VERSION} or newer, got ${facts.version}`]
    : []),
  ...(facts.maxmemoryPolicy === 'noeviction'
    ? []
    : [
        `expected maxmemory-policy noeviction, got ${facts.maxmemoryPolicy}: Redis may drop tasks when its memory is full`,
      ]),
  ...(facts.isAppendOnly
    ? []
    : [
        'expected appendonly yes, got no: a killed Redis forgets every task it has acknowledged since its last snapshot',
      ]),
  ...(Math.abs(facts.clockSkewMs) <= MAX_CLOCK_SKEW_MS
    ? []
    : [
        `${CLOCK_PROBLEM} of Redis and this machine within ${MAX_CLOCK_SKEW_MS} ms, got ${facts.clockSkewMs} ms: delayed tasks run, and others expire, early or late by it`,
      ]),
];

const infoField = (info: string, field: string): string | undefined =>
  new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1];

/** Asks a server for its facts. On a cluster one node answers for all. Rejects when Redis does not answer. */
export const readRedisFacts = async (
  client: RedisClient,
  now: () => number = Date.now,
): Promise<RedisFacts> => {
  const node = isCluster(client) ? (client.nodes('master')[0] ?? client) : client;
  const info = await node.info();
  const before = now();
  const [seconds, microseconds] = await node.time();
  const ours = (before + now()) / 2;
  return {
    version: infoField(info, 'valkey_version') ?? infoField(info, 'redis_version') ?? 'unknown',
    maxmemoryPolicy: infoField(info, 'maxmemory_policy') ?? 'unknown',
    isAppendOnly: infoField(info, 'aof_enabled') === '1',
    clockSkewMs: Math.round(Number(seconds) * 1000 + Number(microseconds) / 1000 - ours),
  };
};
