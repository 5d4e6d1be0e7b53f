import { createMemorySchedulerWorld } from './__fixtures__/MemorySchedulerWorld';
import { taskSchedulerContract } from './__fixtures__/taskSchedulerContract';

taskSchedulerContract('createTestScheduler', createMemorySchedulerWorld);
