import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { toQueueKey } from './QueueName';
import { claimRetry, closeRetryClaim } from './RetryClaim';

const unforced = { isForced: false, claimMs: 3000, keepsSteps: true };
const forced = { isForced: true, claimMs: 3000, keepsSteps: true };

const setup = async () => {
  const task = defineTask({ queueName: 'test:claim', schema: z.object({}), handler: async () => ok() });
  const bench = await createTaskBench({ tasks: [task] });
  const queueKey = toQueueKey(bench.appConfig.queuePrefix, 'test:claim');
  const jobId = TaskId();
  const target = { client: bench.redis, queueKey, jobId, newId: TaskId() };
  return { bench, target, jobKey: `${queueKey}:${jobId}`, queueKey };
};

describe('claimRetry', () => {
  it.each(['failed', 'cancelled'])('claims a %s task', async (kind) => {
    const { bench, target, jobKey, queueKey } = await setup();
    await using _bench = bench;
    await bench.redis.hset(jobKey, { data: '{"n":1}', priority: '51' });
    await bench.redis.zadd(`${queueKey}:${kind}`, '5', target.jobId);

    expect(await claimRetry(target, unforced)).toEqual({
      kind: 'claimed',
      id: target.newId,
      data: { n: 1 },
      jobPriority: 51,
      stepFields: [],
      wasBegun: false,
    });
    expect(await claimRetry({ ...target, newId: TaskId() }, unforced)).toEqual({ kind: 'held' });
  });

  it.each([true, false])('answers the fields of the finished steps: %p', async (keepsSteps) => {
    const { bench, target, jobKey, queueKey } = await setup();
    await using _bench = bench;
    await bench.redis.hset(jobKey, {
      data: '{}',
      steps: '["a",0,1]\n',
      'step:a': '[0,1,false]',
      stepped: 'no',
    });
    await bench.redis.zadd(`${queueKey}:failed`, '5', target.jobId);
    const claim = await claimRetry(target, { ...unforced, keepsSteps });
    const fields = claim.kind === 'claimed' ? claim.stepFields : undefined;

    expect(fields).toEqual(keepsSteps ? ['steps', '["a",0,1]\n', 'step:a', '[0,1,false]'] : []);
  });

  it('claims nothing else, and writes nothing then', async () => {
    const { bench, target, jobKey } = await setup();
    await using _bench = bench;
    await bench.redis.hset(jobKey, { data: '{}' });

    expect(await claimRetry(target, forced)).toEqual({ kind: 'absent' });
    expect(await bench.redis.hgetall(jobKey)).toEqual({ data: '{}' });
  });

  it('takes no key of a queue for a job', async () => {
    const { bench, target, queueKey } = await setup();
    await using _bench = bench;
    await bench.redis.hset(`${queueKey}:meta`, { data: '{}' });

    expect(await claimRetry({ ...target, jobId: 'meta' }, forced)).toEqual({ kind: 'absent' });
  });
});

describe('closeRetryClaim', () => {
  it('writes nothing to a task that was deleted meanwhile', async () => {
    const { bench, target, jobKey } = await setup();
    await using _bench = bench;
    await closeRetryClaim(target, 5);

    expect(await bench.redis.exists(jobKey)).toBe(0);
  });

  it('leaves the claim of another call alone', async () => {
    const { bench, target, jobKey } = await setup();
    await using _bench = bench;
    await bench.redis.hset(jobKey, { retriedAs: 'another' });
    await closeRetryClaim(target, 5);

    expect(await bench.redis.hgetall(jobKey)).toEqual({ retriedAs: 'another' });
  });
});
