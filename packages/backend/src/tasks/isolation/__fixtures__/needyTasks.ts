import { ok } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken } from '../../domain/ResourceToken';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { defineResource, type ResourceDefinition } from '../../resources/ResourceDefinition';

const poolToken = ResourceToken<{ readonly pid: number }>('pool');

/** Needs what only a worker's container has. */
const reportResource = defineResource({ token: 'report', needs: ['clock'], start: () => 'report' });

/** Says where its pool was opened. */
export const queryTask = defineTask({
  queueName: 'isolated:query',
  schema: z.object({}),
  handler: async (_payload, { resolve }) => ok({ openedIn: resolve(poolToken).pid, runsIn: process.pid }),
  options: { isolate: true, resources: [poolToken] },
});

/** What the processes find here. */
export const tasks: TaskDefinition<unknown>[] = [queryTask];
export const resources: ResourceDefinition[] = [
  reportResource,
  defineResource({
    token: poolToken,
    start: () => {
      console.log('opened');
      return { pid: process.pid };
    },
    stop: () => console.log('closed'),
  }),
];
