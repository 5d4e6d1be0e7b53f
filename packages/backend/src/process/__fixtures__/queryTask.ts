import { ResourceToken } from '@backend/tasks/domain/ResourceToken';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { ok } from 'neverthrow';
import { z } from 'zod';

/** What {@link queryTask} needs. */
export const poolToken = ResourceToken<{ readonly size: number }>('database pool');

/** Resolves a resource. */
export const queryTask = defineTask({
  queueName: 'fixture:query',
  schema: z.object({}),
  handler: async (_payload, { resolve }) => ok(resolve(poolToken).size),
  options: { resources: [poolToken] },
});
