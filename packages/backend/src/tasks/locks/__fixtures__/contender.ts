import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { Redis } from 'ioredis';
import { createTaskLock } from '../TaskLock';
import { contend } from './Contenders';

/** A process of its own: `contender.ts KEY COUNTER_KEY COUNT`. Prints what its contenders saw. */
const [key = '', counterKey = '', count = ''] = process.argv.slice(2);
const appConfig = getAppConfig();
const client = new Redis(appConfig.redisUrl ?? '');
const seen = await contend({
  lock: createTaskLock({ logger: silentLogger, appConfig }),
  key,
  holders: Array.from({ length: Number(count) }, (_, index) => `${process.pid}-${index}`),
  client,
  counterKey,
});
client.disconnect();
console.log(JSON.stringify(seen));
