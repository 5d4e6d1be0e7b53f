import { describe, expect, it } from 'bun:test';
import { type ScheduleId } from '../domain/ScheduleId';
import { type StoredSchedule } from '../domain/StoredSchedule';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { createDueRuns } from './DueRuns';
import { toScheduleKeys } from './ScheduleKeys';
import { createScheduleStore } from './ScheduleStore';

const toStored = (taskName: string): StoredSchedule => ({
  v: 1,
  taskName,
  payload: { list: [] },
  timing: { everyMs: 1000 },
  missed: 'once',
  overlap: 'allow',
  origin: 'call',
});

const setup = async () => {
  const bench = await createTaskBench({ tasks: [] });
  const { redis, appConfig } = bench;
  const store = createScheduleStore(redis, appConfig.queuePrefix);
  await store.write({ id: 'a' as ScheduleId, stored: toStored('our:task'), dueMs: 1000 });
  await store.write({ id: 'b' as ScheduleId, stored: toStored('their:task'), dueMs: 2000 });
  return {
    bench,
    runs: createDueRuns(redis, appConfig.queuePrefix),
    keys: toScheduleKeys(appConfig.queuePrefix),
  };
};

describe('createDueRuns', () => {
  it('reads the schedules of the named tasks, and of others only that their runs are due', async () => {
    const { bench, runs, keys } = await setup();
    await using _bench = bench;
    await bench.redis.zadd(keys.pending, '5', '1:b', '6', '2:gone', '7', '3:a');
    const { due, abandoned } = await runs.read({ taskNames: ['our:task'] });

    expect([...due, ...abandoned].map(({ fingerprint: _fingerprint, ...run }) => run)).toEqual([
      { id: 'a' as ScheduleId, dueMs: 1000, stored: toStored('our:task'), isDeleted: false },
      { id: 'b' as ScheduleId, dueMs: 2000, stored: undefined, isDeleted: false },
      { id: 'b' as ScheduleId, dueMs: 1, stored: undefined, isDeleted: false, claimedMs: 5 },
      { id: 'gone' as ScheduleId, dueMs: 2, stored: undefined, isDeleted: true, claimedMs: 6 },
      { id: 'a' as ScheduleId, dueMs: 3, stored: toStored('our:task'), isDeleted: false, claimedMs: 7 },
    ] as never);
  });

  it('reads a schedule whose fields have another order, whoever wrote it', async () => {
    const { bench, runs, keys } = await setup();
    await using _bench = bench;
    const { v, taskName, ...others } = toStored('their:task');
    await bench.redis.hset(keys.stored, 'b', JSON.stringify({ ...others, taskName, v }));
    const { due } = await runs.read({ taskNames: [] });

    expect(due.map(({ stored }) => stored?.taskName)).toEqual([undefined, 'their:task']);
  });

  it('gives an abandoned run to one of those that read it', async () => {
    const { bench, runs, keys } = await setup();
    await using _bench = bench;
    await bench.redis.zadd(keys.pending, '5', '1:a');
    const [run] = (await runs.read({ taskNames: [] })).abandoned;
    if (run === undefined) throw new Error('expected an abandoned run');

    expect([await runs.take(run), await runs.take(run)]).toEqual([true, false]);
    expect((await runs.read({ taskNames: [] })).abandoned).toEqual([]);
  });

  it('writes no last run of a schedule that was deleted meanwhile', async () => {
    const { bench, runs, keys } = await setup();
    await using _bench = bench;
    await bench.redis.hdel(keys.stored, 'a');
    await runs.settle({ id: 'a' as ScheduleId, dueMs: 1 }, { isStarted: true });
    await runs.settle({ id: 'b' as ScheduleId, dueMs: 1 }, { isStarted: true });

    expect(await bench.redis.hkeys(keys.last)).toEqual(['b']);
  });
});
