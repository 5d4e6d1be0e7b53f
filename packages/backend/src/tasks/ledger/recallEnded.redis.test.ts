import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createQueueAccess } from '../queue/QueueAccess';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { recallEnded } from './recallEnded';
import { sharedTaskLedger } from './sharedTaskLedger';

describe('recallEnded', () => {
  it('leaves a task alone that is on its queue, and puts back one whose place alone is lost', async () => {
    const task = defineTask({ queueName: 'test:recall', schema: z.object({}), handler: async () => ok() });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { redis, inspector, schedule, queue, appConfig, logger } = setup.bench;
    const id = await schedule(task, {});
    (await inspector.cancel(id))._unsafeUnwrap();
    const access = createQueueAccess({ logger, appConfig });
    const ledger = sharedTaskLedger(appConfig);
    const recall = () => recallEnded({ access, ledger, tasks: [task], id, statuses: ['cancelled'] });
    const [job, place] = [queue(task).toKey(id), queue(task).toKey('cancelled')];
    await redis.hset(job, 'retriedAs', 'another');

    expect((await recall())._unsafeUnwrap()).toEqual({ task, status: 'cancelled' });
    expect(await redis.hget(job, 'retriedAs')).toBe('another');
    await redis.zrem(place, id);
    await recall();
    expect(await redis.hget(job, 'retriedAs')).toBeNull();
    expect(Number(await redis.zscore(place, id))).toBeGreaterThan(0);
  });
});
