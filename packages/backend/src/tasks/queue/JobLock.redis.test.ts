import { describe, expect, it } from 'bun:test';
import { Redis } from 'ioredis';
import { v4 } from 'uuid';
import { testRedisUrl } from '../worker/__fixtures__/TaskBench';
import { createJobLock } from './JobLock';

/** A queue's active list with one job that was taken twice, the second time by us. */
const setup = async () => {
  const client = new Redis(await testRedisUrl());
  const queueKey = `test:{${v4()}}`;
  const [active, job, lockKey] = [`${queueKey}:active`, `${queueKey}:job`, `${queueKey}:job:lock`];
  const cancelled = `${queueKey}:cancelled`;
  await client.lpush(active, 'job');
  await client.hset(job, 'ats', '2');
  const lock = createJobLock({ client, queueKey, jobId: 'job', token: 'mine', takenCount: 2, lockMs: 5000 });
  return {
    ...{ client, active, cancelled, job, lock, lockKey },
    [Symbol.asyncDispose]: async () => {
      await client.del(lockKey, active, cancelled, job);
      client.disconnect();
    },
  };
};

describe('createJobLock', () => {
  it('takes a lapsed lock back, for as long as a lock lasts', async () => {
    await using test = await setup();

    expect(await test.lock.reclaim()).toBe('held');
    expect(await test.client.get(test.lockKey)).toBe('mine');
    expect(await test.client.pttl(test.lockKey)).toBeWithin(4000, 5001);
  });

  it('renews a lock that is held here already: what begins now has a whole lock time ahead', async () => {
    await using test = await setup();
    await test.client.set(test.lockKey, 'mine', 'PX', 1000);

    expect(await test.lock.reclaim()).toBe('held');
    expect(await test.client.get(test.lockKey)).toBe('mine');
    expect(await test.client.pttl(test.lockKey)).toBeWithin(4000, 5001);
  });

  it('leaves a lock that another worker has', async () => {
    await using test = await setup();
    await test.client.set(test.lockKey, 'other');

    expect(await test.lock.reclaim()).toBe('taken');
    expect(await test.client.get(test.lockKey)).toBe('other');
  });

  it('leaves a job that another worker has taken since, though its lock has lapsed too', async () => {
    await using test = await setup();
    await test.client.hincrby(test.job, 'ats', 1);

    expect(await test.lock.reclaim()).toBe('taken');
    expect(await test.client.exists(test.lockKey)).toBe(0);
  });

  it('leaves a job that was put back', async () => {
    await using test = await setup();
    await test.client.del(test.active);

    expect(await test.lock.reclaim()).toBe('taken');
    expect(await test.client.exists(test.lockKey)).toBe(0);
  });

  it('knows a job that this delivery has settled', async () => {
    await using test = await setup();
    await test.client.del(test.active);
    await test.client.hset(test.job, 'finishedOn', '1');

    expect(await test.lock.reclaim()).toBe('ended');
    expect(await test.client.exists(test.lockKey)).toBe(0);
  });

  it('does not take what another worker has settled for its own', async () => {
    await using test = await setup();
    await test.client.del(test.active);
    await test.client.hset(test.job, { finishedOn: '1', ats: '3' });

    expect(await test.lock.reclaim()).toBe('taken');
  });

  it('does not take what was cancelled after it was put back for its own', async () => {
    await using test = await setup();
    await test.client.del(test.active);
    await test.client.hset(test.job, 'finishedOn', '1');
    await test.client.zadd(test.cancelled, 1, 'job');

    expect(await test.lock.reclaim()).toBe('taken');
  });

  it('leaves a job that is gone', async () => {
    await using test = await setup();
    await test.client.del(test.active, test.job);

    expect(await test.lock.reclaim()).toBe('taken');
  });

  it('writes the crashes of a job that it holds', async () => {
    await using test = await setup();
    await test.client.set(test.lockKey, 'mine');

    expect(await test.lock.writeCrashCount(3)).toBe(true);
    expect(await test.client.hget(test.job, 'stc')).toBe('3');
  });

  it.each(['other', undefined])('writes no crashes while %p holds the job', async (holder) => {
    await using test = await setup();
    if (holder !== undefined) await test.client.set(test.lockKey, holder);

    expect(await test.lock.writeCrashCount(3)).toBe(false);
    expect(await test.client.hexists(test.job, 'stc')).toBe(0);
  });
});
