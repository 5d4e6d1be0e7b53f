import { type Redis } from 'ioredis';
import { createRedisClient } from './createRedisClient';
import { isCluster } from './isCluster';
import { parseRedisUrl } from './RedisTarget';

/** Keys that one look finds, about. */
const PART = 1000;

/**
 * Deletes every key that begins with a text, on all nodes of a cluster. For tests: it walks through all keys of the server.
 * Rejects when Redis does not answer.
 *
 * @throws RedisUrlError when the URL is wrong.
 */
export const deleteKeys = async (redisUrl: string, prefix: string): Promise<void> => {
  const target = parseRedisUrl(redisUrl);
  if (target.isErr()) throw target.error;
  const client = createRedisClient(target.value, { role: 'producer' });
  client.on('error', () => undefined); // a command that cannot be sent rejects by itself
  try {
    await client.connect();
    const nodes = isCluster(client) ? client.nodes('master') : [client];
    for (const node of nodes) await deleteFrom(node, prefix);
  } finally {
    client.disconnect();
  }
};

const deleteFrom = async (node: Redis, prefix: string): Promise<void> => {
  let cursor = '0';
  do {
    const [next, keys] = await node.scan(cursor, 'MATCH', `${toPattern(prefix)}*`, 'COUNT', PART);
    // One by one: in a cluster keys of several slots may not be in one command.
    await Promise.all(keys.map((key) => node.unlink(key)));
    cursor = next;
  } while (cursor !== '0');
};

/** What has a meaning in a pattern is taken as it is. */
const toPattern = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&');
