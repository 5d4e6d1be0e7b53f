import { type ILogger } from '@backend/logger/Logger';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken } from '../../domain/ResourceToken';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { defineResource, type ResourceDefinition } from '../../resources/ResourceDefinition';

interface Pool {
  readonly pid: number;
  readonly startCount: number;
  readonly logger: ILogger;
}

const poolToken = ResourceToken<Pool>('isolated pool');
const hangingToken = ResourceToken<Pool>('hanging');
const brokenToken = ResourceToken('broken');
const unlistedToken = ResourceToken('unlisted');

let startCount = 0;

const start = ({ logger }: { readonly logger: ILogger }): Pool => {
  startCount += 1;
  return { pid: process.pid, startCount, logger };
};

/** Says when it is stopped. */
const poolResource = defineResource({
  token: poolToken,
  start,
  stop: ({ logger, pid }) => logger.info('pool closed', { pid }),
});

const hangingResource = defineResource({
  token: hangingToken,
  start,
  stop: ({ logger }) => {
    logger.info('closing');
    return new Promise(() => undefined);
  },
  stopTimeoutMs: 50,
});

const brokenResource = defineResource({
  token: brokenToken,
  start: () => Promise.reject(new Error('no route to host')),
});

const endlessToken = ResourceToken('endless');
const exitingToken = ResourceToken('exiting');

/** Its start blocks its process. */
const endlessResource = defineResource({
  token: endlessToken,
  start: () => {
    for (;;) Math.random();
  },
});

const exitingResource = defineResource({ token: exitingToken, start: () => process.exit(5) });

const options = { isolate: true, maxAttempts: 1 } as const;
const schema = z.object({});

/** Uses the pool twice. */
export const poolTask = defineTask({
  queueName: 'resources:pool',
  schema,
  handler: (_payload, { resolve }) => {
    const { logger: _logger, ...pool } = resolve(poolToken);
    return ok({
      ...pool,
      isSame: resolve(poolToken).startCount === pool.startCount,
      handlerPid: process.pid,
    });
  },
  options: { ...options, resources: [poolToken] },
});

/** Its resource does not stop. */
export const hangingTask = defineTask({
  queueName: 'resources:hanging',
  schema,
  handler: () => ok('done'),
  options: { ...options, resources: [hangingToken] },
});

/** Its resource does not start. */
export const brokenTask = defineTask({
  queueName: 'resources:broken',
  schema,
  handler: () => ok('done'),
  options: { ...options, resources: [brokenToken] },
});

/** Its resource is not in the list. */
export const unlistedTask = defineTask({
  queueName: 'resources:unlisted',
  schema,
  handler: () => ok('done'),
  options: { ...options, resources: [unlistedToken] },
});

/** Its second resource does not end its start. */
export const endlessTask = defineTask({
  queueName: 'resources:endless',
  schema,
  handler: () => ok('done'),
  options: { ...options, resources: [poolToken, endlessToken] },
});

/** Its resource ends the process. */
export const exitingTask = defineTask({
  queueName: 'resources:exiting',
  schema,
  handler: () => ok('done'),
  options: { ...options, resources: [exitingToken] },
});

/** What the processes load. */
export const tasks: TaskDefinition<unknown>[] = [
  ...[poolTask, hangingTask, brokenTask, unlistedTask],
  ...[endlessTask, exitingTask],
];

/** What they start. */
export const resources: ResourceDefinition[] = [
  ...[poolResource, hangingResource, brokenResource],
  ...[endlessResource, exitingResource],
];

/** What a worker is given that knows more than the module. */
export const unlistedResource = defineResource({ token: unlistedToken, start: () => 'here' });
