import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { toRunTaskId } from '../domain/ScheduleId';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { toQueueKey } from '../queue/QueueName';
import { loggedLines } from '../worker/__fixtures__/TaskBench';
import { type BenchTicker, createTickerBench, type TickerBench } from './__fixtures__/TickerBench';
import { createDueStarter } from './DueStarter';

const taskNamed = (queueName: string) =>
  defineTask({ queueName, schema: z.object({}), handler: async () => ok() });
const task = taskNamed('test:tick');
const silentTask = taskNamed('test:silent');
const [minuteMs, dayMs] = [60_000, 86_400_000];
const setup = (env: Readonly<Record<string, string>> = {}) => createTickerBench([task, silentTask], { env });

const createDue = async (
  test: TickerBench,
  { of = task, id, ...options }: { of?: TaskDefinition<object>; id: string; overlap?: 'skip' },
  msAgo = 1,
): Promise<number> => {
  (await test.recurring.create(of, {}, { everyMs: minuteMs }, { id, ...options }))._unsafeUnwrap();
  return test.makeDue(id, msAgo);
};

/** Lets a run look as if a worker had claimed it and died. */
const abandon = (test: TickerBench, id: string, dueMs: number) =>
  test.redis.zadd(test.keysOf.pending, dueMs - 20_000, `${dueMs}:${id}`);

const startedCount = ({ logger }: BenchTicker): number =>
  loggedLines(logger).filter(({ message }) => message === 'A recurring schedule started a run').length;

/** Makes a queue of a ticker silent; answers how many jobs were sent to it. */
const silence = ({ queues }: BenchTicker, { queueName }: TaskDefinition<object>): { count: number } => {
  const sent = { count: 0 };
  queues.get(queueName).getBackend().addJob = () => {
    sent.count += 1;
    return new Promise<never>(() => undefined);
  };
  return sent;
};

describe('createDueStarter', () => {
  it('starts the others when the next run of a schedule cannot be worked out, and says so once', async () => {
    await using test = await setup();
    const { look, logger } = await test.startTicker();
    const timings = { mars: { cron: '0 9 * * 1', timezone: 'Mars/Phobos' }, zero: { everyMs: 0 } };
    for (const [id, timing] of Object.entries(timings)) {
      await createDue(test, { id }, 100);
      const stored = JSON.parse((await test.redis.hget(test.keysOf.stored, id)) ?? '');
      await test.redis.hset(test.keysOf.stored, id, JSON.stringify({ ...stored, timing }));
    }
    const dueMs = await createDue(test, { id: 'good' });
    await look();
    await look();

    expect(await test.taskIds(task)).toEqual([toRunTaskId('good' as never, dueMs)]);
    expect(await test.redis.zcount(test.keysOf.due, 0, dueMs)).toBe(2);
    expect(loggedLines(logger).filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'Runs of recurring schedules cannot be started',
        meta: { scheduleIds: ['mars', 'zero'], count: 2, reason: expect.any(String) },
      },
    ]);
  });

  it('leaves a queue that does not answer out for a while, and starts the runs of the others', async () => {
    await using test = await setup({ SCHEDULE_DEADLINE_MS: '20' });
    const ticker = await test.startTicker();
    const sent = silence(ticker, silentTask);
    await Promise.all(
      Array.from({ length: 120 }, (_, n) => createDue(test, { of: silentTask, id: `s${n}` }, 500)),
    );
    await createDue(test, { id: 'good' });
    await ticker.look();
    const duringFirst = { sent: sent.count, ids: await test.taskIds(task) };
    await test.makeDue('s0', 1);
    await ticker.look();

    expect({ ...duringFirst, ids: duringFirst.ids.length }).toEqual({ sent: 50, ids: 1 });
    expect(sent.count).toBe(50);
    expect(await test.redis.zcard(test.keysOf.pending)).toBe(120);
    expect(await test.redis.zcount(test.keysOf.due, 0, await test.redisNow())).toBe(1);
  }, 20_000);

  it('lets one worker alone take an abandoned run, and leaves it alone for ten seconds then', async () => {
    await using test = await setup({ SCHEDULE_DEADLINE_MS: '20' });
    await test.recurring.create(task, {}, { everyMs: minuteMs }, { id: 'r' });
    const tickers = await Promise.all(Array.from({ length: 4 }, () => test.startTicker()));
    const sent = tickers.map((ticker) => silence(ticker, task));
    await abandon(test, 'r', await test.redisNow());
    await Promise.all(tickers.map(({ look }) => look()));
    await Promise.all(tickers.map(({ look }) => look()));

    expect(sent.reduce((sum, { count }) => sum + count, 0)).toBe(1);
    expect(await test.redis.zcard(test.keysOf.pending)).toBe(1);
  });

  it('does not run a run again whose task has ended and was deleted, within a day', async () => {
    await using test = await setup();
    const ticker = await test.startTicker();
    const dueMs = await createDue(test, { id: 'r' });
    await ticker.look();
    const [taskId = ''] = await test.taskIds(task);
    const queueKey = toQueueKey(test.appConfig.queuePrefix, task.queueName);
    await test.redis.del(`${queueKey}:${taskId}`);
    await test.redis.zrem(`${queueKey}:prioritized`, taskId);
    await abandon(test, 'r', dueMs);
    await ticker.look();
    const [key = ''] = await test.redis.keys(`${queueKey}:de:*`);

    expect(await test.taskIds(task)).toEqual([]);
    expect(await test.redis.zcard(test.keysOf.pending)).toBe(0);
    expect(await test.redis.pttl(key)).toBeWithin(dayMs - 60_000, dayMs + 1);
  });

  it('goes on to the abandoned runs of its own tasks behind many of others', async () => {
    await using test = await setup();
    await createDue(test, { of: silentTask, id: 'f' }, -minuteMs);
    const ticker = await test.startTicker([task]);
    const members = Array.from({ length: 450 }, (_, n) => [n, `${1000 + n}:f`]).flat();
    await test.redis.zadd(test.keysOf.pending, ...members);
    await createDue(test, { id: 'r' }, -minuteMs);
    await abandon(test, 'r', await test.redisNow());
    await ticker.look();

    expect([startedCount(ticker), await test.redis.zcard(test.keysOf.pending)]).toEqual([1, 450]);
  });

  it('claims nothing more, due or abandoned, once its worker stops', async () => {
    await using test = await setup();
    await createDue(test, { id: 'due' });
    await createDue(test, { id: 'abandoned' }, -minuteMs);
    await abandon(test, 'abandoned', await test.redisNow());
    const { connection, queues, logger } = await test.startTicker([]);
    const { appConfig } = test;
    const parts = { tasks: [task], connection, queues, appConfig, logger };
    await createDueStarter({ ...parts, isStopped: () => true })();

    expect(await test.taskIds(task)).toEqual([]);
    expect(await test.redis.zcard(test.keysOf.pending)).toBe(1);
  });

  it('says that a run was started once it was: neither when it overlaps nor when no queue took it', async () => {
    await using test = await setup({ SCHEDULE_DEADLINE_MS: '500' });
    const ticker = await test.startTicker();
    const lastRun = async (id: string) => (await test.recurring.get(id))._unsafeUnwrap().lastRunAt;
    await createDue(test, { id: 'skipping', overlap: 'skip' });
    await ticker.look();
    const first = await lastRun('skipping');
    await test.redis.hset(test.keysOf.last, 'skipping', 1000);
    await test.makeDue('skipping');
    await ticker.look();
    const second = await lastRun('skipping');
    silence(ticker, silentTask);
    await createDue(test, { of: silentTask, id: 'silent' });
    await ticker.look();

    expect([first instanceof Date, second, await lastRun('silent')]).toEqual([
      true,
      new Date(1000),
      undefined,
    ]);
  });
});
