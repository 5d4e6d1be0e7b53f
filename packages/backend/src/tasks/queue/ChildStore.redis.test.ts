import { describe, expect, it } from 'bun:test';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { type ChildClaim, createChildStore, type StoredChild, TakenJobError } from './ChildStore';
import { createJobLock } from './JobLock';
import { toQueueKey } from './QueueName';

const task = defineTask({ queueName: 'test:parent', schema: z.object({}), handler: () => ok() });

/** A job that runs, and its lock with a token. */
const setup = async ({ failures = [] }: { readonly failures?: readonly Error[] } = {}) => {
  const bench = await createTaskBench({ tasks: [task] });
  const queueKey = toQueueKey(bench.appConfig.queuePrefix, task.queueName);
  const jobId = await bench.schedule(task, {});
  const key = `${queueKey}:${jobId}`;
  await bench.redis.hset(key, 'ats', '1');
  await bench.redis.zrem(`${queueKey}:prioritized`, jobId);
  await bench.redis.lpush(`${queueKey}:active`, jobId);
  await bench.redis.set(`${key}:lock`, 't1');
  const lock = createJobLock({
    client: bench.redis,
    queueKey,
    jobId,
    token: 't1',
    takenCount: 1,
    lockMs: 5000,
  });
  const refused: string[] = [];
  const failed: string[] = [];
  const left = [...failures];
  const evaluate = async (
    script: string,
    keyCount: number,
    ...rest: (string | number)[]
  ): Promise<unknown> => {
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return bench.redis.eval(script, keyCount, ...rest);
  };
  const created = createChildStore({
    client: { eval: evaluate } as RedisClient, // the part that is used
    queueKey,
    jobId,
    lock: () => lock,
    onRefused: ({ message }) => void refused.push(message),
    onError: ({ message }) => void failed.push(message),
  });
  const { signal } = new AbortController();
  const store = {
    ...created,
    claim: (claims: readonly ChildClaim[]) => created.claim(claims, signal),
    note: (claims: readonly ChildClaim[]) => created.note(claims, signal),
  };
  return { bench, store, key, refused, failed, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
};

const childOf = (change: Partial<StoredChild> = {}): StoredChild => ({
  id: TaskId(),
  name: 'test:child',
  round: 0,
  ...change,
});

describe('createChildStore', () => {
  it('keeps the first child of a key, whoever claims it again', async () => {
    await using test = await setup();
    const [first, second, other] = [childOf(), childOf(), childOf()];
    await test.store.claim([{ key: 'k1', child: first }]);
    const again = await test.store.claim([
      { key: 'k1', child: second },
      { key: 'k2', child: other },
    ]);

    expect(again).toEqual([first, other]);
    expect((await test.store.listUnended()).toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
      first,
      other,
    ]);
  });

  const rounds: [end: StoredChild['end'], round: number, isKept: boolean][] = [
    [undefined, 1, true],
    ['completed', 1, true],
    ['failed', 0, true],
    ['failed', 1, false],
    ['cancelled', 1, false],
    ['removed', 1, false],
  ];

  it.each(rounds)('has a child that ended as %p claimed in round %i: kept %p', async (end, round, isKept) => {
    await using test = await setup();
    const [first, second] = [childOf(), childOf({ round })];
    const ended = end === undefined ? first : { ...first, end };
    await test.store.claim([{ key: 'k1', child: first }]);
    if (end !== undefined) await test.store.note([{ key: 'k1', child: ended }]);

    expect(await test.store.claim([{ key: 'k1', child: second }])).toEqual([isKept ? ended : second]);
  });

  it('lists those whose end is open, and none of a job that is gone', async () => {
    await using test = await setup();
    const [one, other] = [childOf(), childOf()];
    await test.store.claim([
      { key: 'k1', child: one },
      { key: 'k2', child: other },
    ]);
    await test.store.note([{ key: 'k1', child: { ...one, end: 'completed', value: '7' } }]);
    const open = await test.store.listUnended();
    await test.bench.redis.del(test.key);

    expect([open, await test.store.listUnended()]).toEqual([[other], []]);
  });

  it('writes nothing for a delivery whose job another has', async () => {
    await using test = await setup();
    await test.bench.redis.set(`${test.key}:lock`, 't2');
    const claims = [{ key: 'k1', child: childOf() }];

    expect(test.store.claim(claims)).rejects.toThrow(TakenJobError);
    expect(test.store.note(claims)).rejects.toThrow(TakenJobError);
    expect(await test.store.listUnended()).toEqual([]);
  });

  it('takes a lock back that lapsed, when nobody else has the job', async () => {
    await using test = await setup();
    await test.bench.redis.del(`${test.key}:lock`);
    const child = childOf();

    expect(await test.store.claim([{ key: 'k1', child }])).toEqual([child]);
    expect(await test.bench.redis.get(`${test.key}:lock`)).toBe('t1');
  });

  it('writes nothing beside a job that is gone', async () => {
    await using test = await setup();
    await test.bench.redis.del(test.key);

    expect(test.store.claim([{ key: 'k1', child: childOf() }])).rejects.toThrow(TakenJobError);
    expect(await test.bench.redis.exists(test.key)).toBe(0);
  });

  it('asks again while Redis refuses, or a node of a cluster is away', async () => {
    const refusal = Object.assign(new Error('NOREPLICAS Not enough good replicas'), { name: 'ReplyError' });
    await using test = await setup({ failures: [refusal, new Error('Too many Cluster redirections')] });
    const child = childOf();

    expect(await test.store.claim([{ key: 'k1', child }])).toEqual([child]);
    expect([test.refused, test.failed]).toEqual([
      ['NOREPLICAS Not enough good replicas'],
      ['Too many Cluster redirections'],
    ]);
  });
});
