import { tracingChannel } from 'node:diagnostics_channel';
import { type Redis } from 'ioredis';
import { type RedisClient } from './createRedisClient';
import { isCluster } from './isCluster';

/** What tells of each command; of ioredis. */
const COMMANDS = tracingChannel('ioredis:command');

const hasListeners = (): boolean => {
  const { start, end, asyncStart, asyncEnd, error } = COMMANDS;
  return [start, end, asyncStart, asyncEnd, error].some((channel) => channel.hasSubscribers);
};

/**
 * Has a connection tell of its commands only while somebody listens. The library asks `hasSubscribers` of the channel, which Bun
 * does not have (https://github.com/oven-sh/bun/issues/27805): it would describe each command, all of its arguments included, for nobody.
 */
export const traceForListeners = <Client extends RedisClient>(client: Client): Client => {
  if (isCluster(client)) client.on('+node', silence);
  else silence(client);
  return client;
};

const silence = (node: Redis): void => {
  const send = node.sendCommand.bind(node);
  node.sendCommand = (command, stream) => {
    if (!hasListeners()) command.isTraced = true;
    return send(command, stream);
  };
};
