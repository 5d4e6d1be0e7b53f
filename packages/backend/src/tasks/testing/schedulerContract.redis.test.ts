import { createRedisSchedulerWorld } from './__fixtures__/RedisSchedulerWorld';
import { taskSchedulerContract } from './__fixtures__/taskSchedulerContract';

taskSchedulerContract('createTaskScheduler', createRedisSchedulerWorld);
