import { type Queue } from 'bullmq';
import { loadBullmq } from './loadBullmq';
import { toQueueName } from './QueueName';

/** The names of a queue's keys: what scripts of ours need of a BullMQ queue, without making one. */
export type QueueAddress = Pick<Queue, 'name' | 'keys' | 'toKey'>;

/** Works out the names of a queue's keys. */
export const toQueueAddress = (prefix: string, taskName: string): QueueAddress => {
  const name = toQueueName(taskName);
  const { QueueKeys } = loadBullmq();
  const names = new QueueKeys(prefix);
  return { name, keys: names.getKeys(name), toKey: (type) => names.toKey(name, type) };
};
