import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { toCancelChannel } from './CancelChannel';
import { cancelJob, UNFINISHED_SETS, type UnfinishedSet } from './cancelJob';

const task = defineTask({ queueName: 'reports:build', schema: z.object({}), handler: () => ok() });

/** A job in one of the places where tasks are that have not ended. */
const setup = async (set: UnfinishedSet) => {
  const bench = await createTaskBench({ tasks: [task] });
  const id = await bench.schedule(task, {});
  const queue = bench.queue(task);
  await bench.redis.zrem(queue.toKey('prioritized'), id);
  if (set === 'active' || set === 'wait' || set === 'paused') await bench.redis.lpush(queue.toKey(set), id);
  else await bench.redis.zadd(queue.toKey(set), 1, id);
  const channel = toCancelChannel(bench.appConfig.queuePrefix);
  const cancel = async (onlyIn?: readonly UnfinishedSet[]) => {
    const job = { client: bench.redis, queue, id, channel, nowMs: 2000, onlyIn };
    const { change, task: found } = await cancelJob(job);
    return [change, found?.set];
  };
  return { bench, cancel };
};

describe('cancelJob', () => {
  it.each(UNFINISHED_SETS.map((set) => [set]))('leaves a task in %s that is to be elsewhere', async (set) => {
    const { bench, cancel } = await setup(set);
    await using _ = bench;

    expect(await cancel(UNFINISHED_SETS.filter((each) => each !== set))).toEqual(['none', set]);
    expect(await cancel([set])).toEqual(
      set === 'active' ? ['requested', 'active'] : ['cancelled', 'cancelled'],
    );
  });
});
