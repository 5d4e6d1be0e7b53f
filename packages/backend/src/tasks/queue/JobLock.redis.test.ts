import { describe, expect, it } from 'bun:test';
import { Redis } from 'ioredis';
import { v4 } from 'uuid';
import { testRedisUrl } from '../worker/__fixtures__/TaskBench';
import { createJobLock } from './JobLock';

/** A queue's active list with one job, and its lock. */
const setup = async () => {
  const client = new Redis(await testRedisUrl());
  const queueKey = `test:{${v4()}}`;
  await client.lpush(`${queueKey}:active`, 'job');
  const lock = createJobLock({ client, queueKey, jobId: 'job', token: 'mine', lockMs: 5000 });
  const lockKey = `${queueKey}:job:lock`;
  return {
    client,
    queueKey,
    lock,
    lockKey,
    [Symbol.asyncDispose]: async () => {
      await client.del(lockKey, `${queueKey}:active`);
      client.disconnect();
    },
  };
};

describe('createJobLock', () => {
  it('takes a lapsed lock back, for as long as a lock lasts', async () => {
    await using test = await setup();

    expect(await test.lock.reclaim()).toBe(true);
    expect(await test.client.get(test.lockKey)).toBe('mine');
    expect(await test.client.pttl(test.lockKey)).toBeWithin(4000, 5001);
  });

  it('says so when the lock is held here already, and leaves it as it is', async () => {
    await using test = await setup();
    await test.client.set(test.lockKey, 'mine', 'PX', 1000);

    expect(await test.lock.reclaim()).toBe(true);
    expect(await test.client.pttl(test.lockKey)).toBeWithin(1, 1001);
  });

  it('leaves a lock that another worker has', async () => {
    await using test = await setup();
    await test.client.set(test.lockKey, 'other');

    expect(await test.lock.reclaim()).toBe(false);
    expect(await test.client.get(test.lockKey)).toBe('other');
  });

  it('leaves a job that was put back or has ended', async () => {
    await using test = await setup();
    await test.client.del(`${test.queueKey}:active`);

    expect(await test.lock.reclaim()).toBe(false);
    expect(await test.client.exists(test.lockKey)).toBe(0);
  });
});
