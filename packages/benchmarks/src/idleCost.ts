import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Benchmark } from './Benchmark';
import { startChildWorker } from './children/ChildWorker';
import { createPrefix } from './createPrefix';

const TASK_COUNT = 50;

/** Start-up commands are not the cost of being idle; milliseconds until they are over. */
const SETTLE_MS = 1500;

/** What a worker costs that has nothing to do: 50 tasks against 50 plain workers with BullMQ's defaults. */
export const idleCost: Benchmark = {
  name: 'idleCost',
  question: `What does a worker with ${TASK_COUNT} tasks cost while nothing is to do?`,
  metrics: [
    { name: 'connections', unit: 'count', better: 'lower' },
    { name: 'Redis commands', unit: 'per s', better: 'lower' },
    { name: 'memory', unit: 'MB', better: 'lower' },
  ],
  measure: async (side, { redisUrl, observer, idleMs }) => {
    await using child = startChildWorker(side, { redisUrl, prefix: createPrefix(), taskCount: TASK_COUNT });
    await child.next('started');
    await Bun.sleep(SETTLE_MS);
    const commandCount = await countCommands(observer, idleMs);
    return {
      connections: await countOtherConnections(observer),
      'Redis commands': commandCount / (idleMs / 1000),
      memory: (await child.readMemory()) / 1024 / 1024,
    };
  },
};

/** Commands that Redis ran meanwhile, those inside scripts included, our own two excluded. */
const countCommands = async (observer: RedisClient, ms: number): Promise<number> => {
  await observer.config('RESETSTAT');
  await Bun.sleep(ms);
  const statistics = await observer.info('commandstats');
  const calls = [...statistics.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  return calls
    .filter(([, command]) => command !== 'config|resetstat' && command !== 'info')
    .reduce((sum, [, , count]) => sum + Number(count), 0);
};

const countOtherConnections = async (observer: RedisClient): Promise<number> => {
  const list = String(await observer.call('CLIENT', 'LIST'));
  return list.trim().split('\n').length - 1;
};
