import { afterEach, describe, expect, it, setSystemTime } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type RecurringRule } from '../domain/RecurringRule';
import { type ScheduleId, toRunTaskId } from '../domain/ScheduleId';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { createDueRuns } from '../queue/DueRuns';
import { loggedLines } from '../worker/__fixtures__/TaskBench';
import { createTickerBench } from './__fixtures__/TickerBench';
import { createScheduleTicker } from './ScheduleTicker';

const seen: TaskContext[] = [];
const tickTask = defineTask({
  queueName: 'test:tick',
  schema: z.object({}),
  handler: async (_payload, ctx) => {
    seen.push(ctx);
    return ok();
  },
});
const foreignTask = defineTask({
  queueName: 'test:foreign',
  schema: z.object({}),
  handler: async () => ok(),
});
const declared = (recurring?: RecurringRule, queueName = 'test:declared') =>
  defineTask({
    queueName,
    schema: z.object({ n: z.number().default(1) }),
    handler: async () => ok(),
    options: recurring === undefined ? {} : { recurring },
  });

const minuteMs = 60_000;
const setup = () => createTickerBench([tickTask]);
const id = 'r' as ScheduleId;
const messagesOf = (logger: ReturnType<typeof getMockedLogger>) =>
  loggedLines(logger)
    .map(({ message }) => message)
    .filter((message) => message.includes('ecurring'));

afterEach(() => {
  seen.length = 0;
  setSystemTime();
});

describe('createScheduleTicker', () => {
  it('starts what is due as a task with a correlation ID of its own, and sets the next run', async () => {
    await using test = await setup();
    const { logger, look } = await test.startTicker();
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    await look();
    const none = await test.taskIds(tickTask);
    const dueMs = await test.makeDue(id, 500);
    await look();
    const second = await test.makeDue(id, 300);
    await look();
    const ids = [dueMs, second].map((ms) => toRunTaskId(id, ms));
    const records = await Promise.all(ids.map((each) => test.record(each)));
    const schedule = (await test.recurring.get(id))._unsafeUnwrap();

    expect(none).toEqual([]);
    expect((await test.taskIds(tickTask)).toSorted()).toEqual(ids);
    expect(records.map(({ scheduleId, payload }) => ({ scheduleId, payload }))).toEqual(
      ids.map(() => ({ scheduleId: id, payload: {} })),
    );
    expect(new Set(records.map(({ correlationId }) => correlationId)).size).toBe(2);
    expect(schedule.nextRunAt).toEqual(new Date(second + minuteMs));
    expect(Math.abs((schedule.lastRunAt?.getTime() ?? 0) - second)).toBeLessThan(5000);
    expect(loggedLines(logger).at(-1)).toMatchObject({
      level: 'info',
      message: 'A recurring schedule started a run',
      meta: {
        scheduleId: id,
        taskName: 'test:tick',
        taskId: ids[1],
        correlationId: records[1]?.correlationId,
      },
    });
    expect(await test.redis.exists(test.keysOf.pending)).toBe(0);
  });

  it('starts each run once, whoever looks at the same time', async () => {
    await using test = await setup();
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    const tickers = await Promise.all(Array.from({ length: 5 }, () => test.startTicker()));
    const expected: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      expected.push(toRunTaskId(id, await test.makeDue(id, 100 - 2 * round)));
      await Promise.all(tickers.map(({ look }) => look()));
    }
    const started = tickers.flatMap(({ logger }) => messagesOf(logger));

    expect((await test.taskIds(tickTask)).toSorted()).toEqual(expected.toSorted());
    expect(started).toEqual(expected.map(() => 'A recurring schedule started a run'));
  });

  it('runs every second on five workers, once each', async () => {
    await using test = await setup();
    await Promise.all(Array.from({ length: 5 }, () => test.startWorker()));
    await test.recurring.create(tickTask, {}, { everyMs: 1000 }, { id });
    await until(async () => seen.length >= 4);
    await test.recurring.pause(id);
    const dueTimes = seen.map(({ taskId }) => Number.parseInt(taskId.replace('-', '').slice(0, 12), 16));

    expect(dueTimes.map((ms) => (ms - (dueTimes[0] ?? 0)) % 1000)).toEqual(dueTimes.map(() => 0));
    // A machine that stood still for a second has missed runs, which become one.
    expect(new Set(dueTimes).size).toBe(dueTimes.length);
    expect(new Set(seen.map(({ correlationId }) => correlationId)).size).toBe(seen.length);
    expect(new Set(seen.map(({ scheduleId }) => scheduleId))).toEqual(new Set([id]));
  }, 20_000);

  it('starts the run of a worker that died after it had claimed it', async () => {
    await using test = await setup();
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    const dueMs = await test.makeDue(id);
    const { look, connection } = await test.startTicker([]);
    const runs = createDueRuns(connection.client, test.appConfig.queuePrefix);
    const [found] = (await runs.read({ taskNames: ['test:tick'] })).due;
    if (found === undefined) throw new Error('expected a run that is due');
    const claim = { ...found, nextMs: dueMs + minuteMs, isRun: true };
    const claims = [await runs.claim(claim), await runs.claim(claim)];
    await look();
    const other = await test.startTicker();
    const early = await test.taskIds(tickTask);
    await test.redis.zadd(test.keysOf.pending, 'XX', (await test.redisNow()) - 10_001, `${dueMs}:${id}`);
    await look();
    await other.look();

    expect(claims).toEqual([true, false]);
    expect(early).toEqual([]);
    expect(await test.taskIds(tickTask)).toEqual([toRunTaskId(id, dueMs)]);
    expect(await test.redis.exists(test.keysOf.pending)).toBe(0);
  });

  it('adds no second task when the worker died after it had added the first', async () => {
    await using test = await setup();
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    const { look } = await test.startTicker();
    const dueMs = await test.makeDue(id);
    await look();
    await test.redis.zadd(test.keysOf.pending, dueMs - 20_000, `${dueMs}:${id}`);
    await look();

    expect(await test.taskIds(tickTask)).toEqual([toRunTaskId(id, dueMs)]);
    expect(await test.redis.exists(test.keysOf.pending)).toBe(0);
  });

  it('drops the pending run of a schedule that was deleted', async () => {
    await using test = await setup();
    const { look } = await test.startTicker();
    await test.redis.zadd(test.keysOf.pending, 0, `1000:${id}`);
    await look();

    expect(await test.taskIds(tickTask)).toEqual([]);
    expect(await test.redis.exists(test.keysOf.pending)).toBe(0);
  });

  it.each([
    ['once', 1],
    ['skip', 0],
  ] as const)('%s: runs that were missed become %i task', async (missed, count) => {
    await using test = await setup();
    const { look, logger } = await test.startTicker();
    await test.recurring.create(tickTask, {}, { everyMs: 2000 }, { id, missed });
    const dueMs = await test.makeDue(id, 61_001);
    await look();
    const { nextRunAt, lastRunAt } = (await test.recurring.get(id))._unsafeUnwrap();
    const aheadMs = (nextRunAt?.getTime() ?? 0) - (await test.redisNow());

    expect(await test.taskIds(tickTask)).toEqual(count === 1 ? [toRunTaskId(id, dueMs)] : []);
    expect(aheadMs).toBeGreaterThan(-1000);
    expect(aheadMs).toBeLessThanOrEqual(2000);
    expect(((nextRunAt?.getTime() ?? 0) - dueMs) % 2000).toBe(0);
    expect(lastRunAt === undefined).toBe(count === 0);
    expect(messagesOf(logger)).toEqual([
      count === 1
        ? 'A recurring schedule started a run'
        : 'A recurring schedule missed runs; they are skipped',
    ]);
  });

  it('does not look at a paused schedule', async () => {
    await using test = await setup();
    const { look } = await test.startTicker();
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    await test.makeDue(id);
    await test.recurring.pause(id);
    await look();

    expect(await test.taskIds(tickTask)).toEqual([]);
  });

  it('starts no run that would overlap with an unfinished one, and the next after it has ended', async () => {
    await using test = await setup();
    const { look, logger } = await test.startTicker();
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id, overlap: 'skip' });
    const first = toRunTaskId(id, await test.makeDue(id, 30));
    await look();
    await test.makeDue(id, 20);
    await look();
    const during = await test.taskIds(tickTask);
    await test.startWorker();
    await test.ended(first);
    const third = toRunTaskId(id, await test.makeDue(id, 1));
    await look();
    await test.ended(third);

    expect(during).toEqual([first]);
    expect((await test.taskIds(tickTask)).toSorted()).toEqual([first, third].toSorted());
    expect(loggedLines(logger).filter(({ message }) => message.includes('skipped'))).toEqual([
      {
        level: 'info',
        message: 'A recurring schedule skipped a run: the one before it is unfinished',
        meta: expect.objectContaining({ scheduleId: id, unfinishedTaskId: first }),
      },
    ]);
  });

  it.each([3_600_000, -3_600_000])(
    'goes by the clock of Redis when its own is %i ms ahead',
    async (aheadMs) => {
      await using test = await setup();
      const { look } = await test.startTicker();
      await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
      setSystemTime(new Date(Date.now() + aheadMs));
      await look();
      const early = await test.taskIds(tickTask);
      const dueMs = await test.makeDue(id, 100);
      await look();

      expect(early).toEqual([]);
      expect(await test.taskIds(tickTask)).toEqual([toRunTaskId(id, dueMs)]);
      expect((await test.recurring.get(id))._unsafeUnwrap().nextRunAt).toEqual(new Date(dueMs + minuteMs));
    },
  );

  it('leaves the runs of tasks that it does not know, says so, and shows it', async () => {
    await using test = await setup();
    const { look, logger } = await test.startTicker();
    await test.recurring.create(foreignTask, {}, { everyMs: minuteMs }, { id });
    const [soonMs, soon] = [await test.makeDue(id, 5000), await test.recurring.get(id)];
    await look();
    const silent = messagesOf(logger);
    const dueMs = await test.makeDue(id, 11_000);
    await look();
    await look();

    expect([soonMs > dueMs, soon._unsafeUnwrap().problem]).toEqual([true, undefined]);
    expect(silent).toEqual([]);
    expect(loggedLines(logger)).toEqual([
      {
        level: 'warn',
        message: 'Runs of recurring schedules wait for a worker that has their task',
        meta: { scheduleIds: [id], count: 1 },
      },
    ]);
    expect((await test.recurring.get(id))._unsafeUnwrap()).toMatchObject({
      nextRunAt: new Date(dueMs),
      problem: `no worker has started the run of ${new Date(dueMs).toISOString()}: does one run that has the task?`,
    });
  });

  it('is not held up by runs of other tasks, however many', async () => {
    await using test = await setup();
    const { look } = await test.startTicker();
    const ids = Array.from({ length: 450 }, (_, index) => `f${index}`);
    await Promise.all(
      ids.map((each) => test.recurring.create(foreignTask, {}, { everyMs: minuteMs }, { id: each })),
    );
    await Promise.all(ids.map((each) => test.makeDue(each, 5000)));
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    await test.makeDue(id);
    await look();

    expect(await test.taskIds(tickTask)).toHaveLength(1);
  }, 20_000);

  it('does not start a run whose schedule was changed since it was read', async () => {
    await using test = await setup();
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    const dueMs = await test.makeDue(id);
    const { connection } = await test.startTicker([]);
    const runs = createDueRuns(connection.client, test.appConfig.queuePrefix);
    const [found] = (await runs.read({ taskNames: ['test:tick'] })).due;
    if (found === undefined) throw new Error('expected a run that is due');
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id, overlap: 'skip' });

    expect(await runs.claim({ ...found, nextMs: dueMs + minuteMs, isRun: true })).toBe(false);
  });

  it('ends its last look before it has stopped', async () => {
    await using test = await setup();
    const { look, stop } = await test.startTicker();
    const ended: string[] = [];
    const looking = look().then(() => ended.push('look'));
    await stop();
    ended.push('stop');
    await looking;

    expect(ended).toEqual(['look', 'stop']);
  });

  it('never rejects, and says what is wrong once', async () => {
    await using test = await setup();
    const { connection } = await test.startTicker();
    const logger = getMockedLogger();
    const client = Object.create(connection.client, {
      eval: { value: () => Promise.reject(new Error('LOADING Redis is loading')) },
    });
    const parts = {
      tasks: [tickTask],
      connection: { ...connection, client },
      appConfig: test.appConfig,
      logger,
    };
    const ticker = createScheduleTicker({ ...parts, queues: {} as never }); // never reached
    await ticker.look();
    await ticker.look();
    await ticker.stop();

    expect(loggedLines(logger)).toEqual([
      {
        level: 'warn',
        message: 'Recurring schedules cannot be looked at for now',
        meta: { reason: 'LOADING Redis is loading' },
      },
    ]);
  });
});

describe('schedules that definitions declare', () => {
  const every = (everyMs: number): RecurringRule => ({ everyMs, payload: { n: 1 } });

  it('are there when a worker has started, and stay where they are when another one does', async () => {
    await using test = await setup();
    const task = declared({ ...every(minuteMs), missed: 'skip', overlap: 'skip' });
    await test.startWorker({ tasks: [task] });
    await until(async () => (await test.recurring.get('test:declared')).isOk());
    const first = (await test.recurring.get('test:declared'))._unsafeUnwrap();
    const { logger } = await test.startTicker([task]);

    expect(first).toMatchObject({
      taskName: 'test:declared',
      everyMs: minuteMs,
      payload: { n: 1 },
      missed: 'skip',
      overlap: 'skip',
      origin: 'definition',
    });
    expect((await test.recurring.get('test:declared'))._unsafeUnwrap()).toEqual(first);
    expect(messagesOf(logger)).toEqual([]);
  });

  it('change with their definition, and keep an operator’s pause', async () => {
    await using test = await setup();
    await test.startTicker([declared(every(minuteMs))]);
    await test.recurring.pause('test:declared');
    const same = await test.startTicker([declared(every(minuteMs))]);
    const paused = (await test.recurring.get('test:declared'))._unsafeUnwrap();
    const other = await test.startTicker([declared(every(2 * minuteMs))]);
    const changed = (await test.recurring.get('test:declared'))._unsafeUnwrap();

    expect([paused.enabled, paused.everyMs, messagesOf(same.logger)]).toEqual([false, minuteMs, []]);
    expect([changed.enabled, changed.everyMs, messagesOf(other.logger)]).toEqual([
      false,
      2 * minuteMs,
      ['A recurring schedule was changed'],
    ]);
  });

  it('go with their definition’s option; schedules of calls and of other tasks stay', async () => {
    await using test = await setup();
    const task = declared();
    await test.startTicker([declared(every(minuteMs)), declared(every(minuteMs), 'test:elsewhere')]);
    await test.recurring.create(task, {}, { everyMs: minuteMs }, { id: 'by-call' });
    const { logger } = await test.startTicker([task]);
    const left = (await test.recurring.list())._unsafeUnwrap().map((each) => each.id as string);

    expect(left).toEqual(['by-call', 'test:elsewhere']);
    expect(messagesOf(logger)).toEqual([
      'A recurring schedule was removed: its definition declares none any more',
    ]);
  });

  it('come back when Redis comes back without them, and only those', async () => {
    await using test = await setup();
    const { connection, look } = await test.startTicker([
      declared(every(minuteMs)),
      declared(every(minuteMs), 'test:b'),
    ]);
    await test.recurring.delete('test:declared');
    await look();
    const deleted = (await test.recurring.list())._unsafeUnwrap().map((each) => each.id as string);
    await test.startTicker([declared(every(5 * minuteMs), 'test:b')]);
    connection.client.emit('ready');
    await look();
    const back = (await test.recurring.list())
      ._unsafeUnwrap()
      .map((each) => [each.id as string, each.everyMs]);

    expect(deleted).toEqual(['test:b']);
    expect(back).toEqual([
      ['test:b', 5 * minuteMs],
      ['test:declared', minuteMs],
    ]);
  });

  it('hold nothing up when another version of this code has written over them', async () => {
    await using test = await setup();
    await test.redis.hset(test.keysOf.stored, 'test:declared', '{"v":2}');
    await test.recurring.create(tickTask, {}, { everyMs: minuteMs }, { id });
    await test.makeDue(id);
    const { logger } = await test.startTicker([tickTask, declared(every(minuteMs))]);

    expect(messagesOf(logger)).toEqual([
      'A definition declares a recurring schedule that is refused',
      'A recurring schedule started a run',
    ]);
    expect((await test.recurring.list())._unsafeUnwrap().map((each) => each.id)).toEqual([id]);
  });

  it('are refused aloud when their payload is larger than the configuration allows', async () => {
    await using test = await createTickerBench([tickTask]);
    const text = 'x'.repeat(600_000);
    const task = defineTask({
      queueName: 'test:large',
      schema: z.object({ text: z.string() }),
      handler: async () => ok(),
      options: { recurring: { everyMs: minuteMs, payload: { text } } },
    });
    const { logger } = await test.startTicker([task]);

    expect(messagesOf(logger)).toEqual(['A definition declares a recurring schedule that is refused']);
    expect((await test.recurring.list())._unsafeUnwrap()).toEqual([]);
  });
});
