import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleTiming } from '../domain/ScheduleTiming';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskScheduler } from '../scheduler/TaskScheduler';
import { createTickerBench } from './__fixtures__/TickerBench';
import { type CreateScheduleOptions, createRecurringSchedules } from './RecurringSchedules';

const reportTask = defineTask({
  queueName: 'reports:build',
  schema: z.object({ kind: z.string() }),
  handler: async () => ok(),
});
const otherTask = defineTask({ queueName: 'other:task', schema: z.unknown(), handler: async () => ok() });
const declaredTask = defineTask({
  queueName: 'declared:task',
  schema: z.object({}),
  handler: async () => ok(),
  options: { recurring: { everyMs: 60_000 } },
});

const daily = { kind: 'daily' };
const minuteMs = 60_000;
const setup = () => createTickerBench([reportTask, otherTask, declaredTask]);

describe('createRecurringSchedules', () => {
  it('creates a schedule and shows it', async () => {
    await using test = await setup();
    const timing = { cron: '0  9 * * 1', timezone: 'America/New_York' };
    const correlationId = CorrelationId('request-1');
    const created = (
      await test.recurring.create(reportTask, daily, timing, { id: 'monday', correlationId })
    )._unsafeUnwrap();

    expect(created).toEqual({
      id: 'monday' as never,
      taskName: 'reports:build',
      cron: '0 9 * * 1',
      timezone: 'America/New_York',
      payload: daily,
      description: 'At 09:00, only on Monday',
      enabled: true,
      missed: 'once',
      overlap: 'allow',
      origin: 'call',
      correlationId,
      nextRunAt: expect.any(Date),
    });
    expect(created.nextRunAt?.getUTCDay()).toBe(1);
    expect((await test.recurring.get('monday'))._unsafeUnwrap()).toEqual(created);
    expect((await test.recurring.list())._unsafeUnwrap()).toEqual([created]);
  });

  it('runs an interval for the first time when it has passed once', async () => {
    await using test = await setup();
    const beforeMs = await test.redisNow();
    const created = (await test.recurring.create(reportTask, daily, { everyMs: minuteMs }))._unsafeUnwrap();
    const afterMs = await test.redisNow();
    const nextMs = created.nextRunAt?.getTime() ?? 0;

    expect(nextMs).toBeGreaterThanOrEqual(beforeMs + minuteMs);
    expect(nextMs).toBeLessThanOrEqual(afterMs + minuteMs);
    expect(created).toMatchObject({ everyMs: minuteMs, description: 'every minute' });
    expect(created).not.toHaveProperty('timezone');
  });

  it('is one schedule for a service that starts twice, and does not put it off', async () => {
    await using test = await setup();
    const create = () => test.recurring.create(reportTask, daily, { everyMs: minuteMs });
    const first = (await create())._unsafeUnwrap();
    const dueMs = await test.makeDue(first.id, -5000);
    const second = (await create())._unsafeUnwrap();

    expect(second.id).toBe(first.id);
    expect(second.nextRunAt?.getTime()).toBe(dueMs);
    expect((await test.recurring.list())._unsafeUnwrap()).toHaveLength(1);
  });

  it('changes timing, payload and options of the same id, and keeps a pause and the last run', async () => {
    await using test = await setup();
    const { recurring, keysOf } = test;
    await recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r' });
    await test.redis.hset(keysOf.last, 'r', 1000);
    await recurring.pause('r');
    const weekly = { kind: 'weekly' };
    const changed = (
      await recurring.create(reportTask, weekly, { everyMs: 5 * minuteMs }, { id: 'r', overlap: 'skip' })
    )._unsafeUnwrap();

    expect(changed).toMatchObject({
      payload: weekly,
      everyMs: 5 * minuteMs,
      overlap: 'skip',
      enabled: false,
    });
    expect(changed.lastRunAt).toEqual(new Date(1000));
    const resumed = (await recurring.resume('r'))._unsafeUnwrap();
    expect((resumed.nextRunAt?.getTime() ?? 0) - (await test.redisNow())).toBeGreaterThan(4 * minuteMs);
  });

  it('pauses and resumes, each as often as you like', async () => {
    await using test = await setup();
    const { recurring } = test;
    const created = (
      await recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r' })
    )._unsafeUnwrap();
    const { nextRunAt: _nextRunAt, ...paused } = { ...created, enabled: false };

    expect((await recurring.pause('r'))._unsafeUnwrap()).toEqual(paused);
    expect((await recurring.pause('r'))._unsafeUnwrap()).toEqual(paused);
    expect((await recurring.resume('r'))._unsafeUnwrap()).toEqual(created);
    expect((await recurring.resume('r'))._unsafeUnwrap()).toEqual(created);
  });

  it('writes nothing after it has answered that Redis does not', async () => {
    await using test = await setup();
    const { recurring, redis } = test;
    await recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'paused' });
    await recurring.pause('paused');
    await redis.client('PAUSE', 2300, 'ALL'); // longer than the deadline
    const calls = [
      recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'late' }),
      recurring.resume('paused'),
    ];
    const messages = (await Promise.all(calls)).map((answer) => answer._unsafeUnwrapErr().message);
    for (let count = 0; count < 3; count += 1) await recurring.list(); // what was sent late would be there
    const left = (await recurring.list())._unsafeUnwrap();

    expect(left.map(({ id, enabled }) => [id as string, enabled])).toEqual([['paused', false]]);
    expect(messages).toEqual([
      'the recurring schedule of reports:build could not be kept: Redis does not answer: no answer within 2000 ms',
      'Redis does not answer: no answer within 2000 ms',
    ]);
  });

  it('says that Redis refused when it did', async () => {
    await using test = await setup();
    await test.redis.set(test.keysOf.stored, 'no hash');
    const answers = [
      await test.recurring.list(),
      await test.recurring.create(reportTask, daily, { everyMs: minuteMs }),
    ];

    expect(answers.map((answer) => answer._unsafeUnwrapErr().message.replace(/ script: .*/, ''))).toEqual([
      expect.stringMatching(/^Redis refused: WRONGTYPE /),
      expect.stringMatching(
        /^the recurring schedule of reports:build could not be kept: Redis refused: WRONGTYPE /,
      ),
    ]);
  });

  it('does not blame Redis for a timing that nobody can work out', async () => {
    await using test = await setup();
    const { recurring, redis, keysOf } = test;
    await recurring.create(reportTask, daily, { cron: '0 9 * * 1' }, { id: 'mars' });
    await recurring.pause('mars');
    const stored = JSON.parse((await redis.hget(keysOf.stored, 'mars')) ?? '');
    const timing = { ...stored.timing, timezone: 'Mars/Phobos' };
    await redis.hset(keysOf.stored, 'mars', JSON.stringify({ ...stored, timing }));

    expect((await recurring.resume('mars'))._unsafeUnwrapErr()).toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringMatching(/^the call failed: /),
    });
  });

  it('suggests no id for one that is too long to be one, and cuts it', async () => {
    await using test = await setup();
    await test.recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r'.repeat(128) });
    const get = async (id: string) => (await test.recurring.get(id))._unsafeUnwrapErr().message;

    expect(await get('r'.repeat(127))).toEndWith(` Did you mean "${'r'.repeat(128)}"?`);
    expect(await get('r'.repeat(129))).toBe(`no recurring schedule has the id "${'r'.repeat(79)}.`);
    expect(await get(null as never)).toBe('no recurring schedule has the id null.');
  });

  it('does not make up for what a pause left out, and stays on the grid', async () => {
    await using test = await setup();
    const { recurring } = test;
    await recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r' });
    const dueMs = await test.makeDue('r', 10 * minuteMs + 1);
    await recurring.pause('r');
    const { nextRunAt, lastRunAt } = (await recurring.resume('r'))._unsafeUnwrap();

    expect({ nextRunAt, lastRunAt }).toEqual({
      nextRunAt: new Date(dueMs + 11 * minuteMs),
      lastRunAt: undefined,
    });
  });

  it('deletes', async () => {
    await using test = await setup();
    await test.recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r' });

    expect(await test.recurring.delete('r')).toEqual(ok());
    expect((await test.recurring.list())._unsafeUnwrap()).toEqual([]);
    expect(await test.redis.exists(...Object.values(test.keysOf))).toBe(0);
  });

  it.each(['get', 'pause', 'resume', 'delete', 'runNow'] as const)(
    '%s says which id is nearest to an unknown one',
    async (method) => {
      await using test = await setup();
      await test.recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'nightly' });
      const errors = await Promise.all(['nighty', '', 'wait:{x}'].map((id) => test.recurring[method](id)));

      expect(
        errors.map((each) => each._unsafeUnwrapErr()).map(({ code, message }) => [code, message]),
      ).toEqual([
        ['unknown-schedule', 'no recurring schedule has the id "nighty". Did you mean "nightly"?'],
        ['unknown-schedule', 'no recurring schedule has the id "".'],
        ['unknown-schedule', 'no recurring schedule has the id "wait:{x}".'],
      ]);
    },
  );

  const refused: [
    what: string,
    payload: unknown,
    timing: unknown,
    options: unknown,
    code: string,
    message: string,
  ][] = [
    [
      'no timing',
      daily,
      undefined,
      {},
      'invalid-schedule',
      'expected the timing to be { everyMs } or { cron, timezone }, got undefined',
    ],
    [
      'a bad cron',
      daily,
      { cron: '* * * *' },
      {},
      'invalid-schedule',
      'expected cron to have 5 fields (minute hour day month weekday), or 6 with seconds before them, got "* * * *"',
    ],
    [
      'a bad zone and a bad option',
      daily,
      { cron: '0 0 * * *', timezone: 'Mars/Phobos' },
      { missed: 'all' },
      'invalid-schedule',
      'expected timezone to be an IANA time zone, got "Mars/Phobos"; expected missed to be one of once, skip, got "all"',
    ],
    [
      'a bad id',
      daily,
      { everyMs: 1000 },
      { id: 'a b' },
      'invalid-schedule',
      'expected id to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got "a b"',
    ],
    [
      'options that are null',
      daily,
      { everyMs: 1000 },
      null,
      'invalid-schedule',
      'expected options to be an object, got null',
    ],
    [
      'a bad correlation ID',
      daily,
      { everyMs: 1000 },
      { correlationId: 'a b' },
      'invalid-schedule',
      'expected CorrelationId to be 1..128 characters of A-Z a-z 0-9 . _ : -, got "a b"',
    ],
    [
      'a bad payload',
      { kind: 1 },
      { everyMs: 1000 },
      {},
      'invalid-payload',
      'the payload of reports:build is refused: ',
    ],
    [
      'an id of another task',
      daily,
      { everyMs: 1000 },
      { id: 'taken' },
      'invalid-schedule',
      'expected id to be free or that of a schedule of the same task, got "taken", which other:task has: delete it first',
    ],
  ];

  it.each(refused)(
    'refuses %s and writes nothing',
    async (_what, payload, timing, options, code, message) => {
      await using test = await setup();
      await test.recurring.create(otherTask, {}, { everyMs: minuteMs }, { id: 'taken' });
      const before = (await test.recurring.list())._unsafeUnwrap();
      const error = (
        await test.recurring.create(
          reportTask,
          payload as never,
          timing as ScheduleTiming,
          options as CreateScheduleOptions,
        )
      ) // wrong on purpose
        ._unsafeUnwrapErr();

      expect(error).toMatchObject({ name: 'RecurringError', code });
      expect(error.message).toContain(message);
      expect(error.issues.length).toBe(code === 'invalid-payload' ? 1 : 0);
      expect((await test.recurring.list())._unsafeUnwrap()).toEqual(before);
    },
  );

  it('refuses a wrong definition', async () => {
    await using test = await setup();
    const wrong = defineTask({ queueName: 'bad name', schema: z.unknown(), handler: async () => ok() });
    const error = (await test.recurring.create(wrong, {}, { everyMs: 1000 }))._unsafeUnwrapErr();

    expect([error.code, error.message]).toEqual(['invalid-task', expect.stringContaining('got "bad name"')]);
  });

  it('leaves the schedule that a definition declares to the definition', async () => {
    await using test = await setup();
    await test.startTicker();
    const error = (
      await test.recurring.create(declaredTask, {}, { everyMs: 1000 }, { id: 'declared:task' })
    )._unsafeUnwrapErr();

    expect([error.code, error.message]).toEqual([
      'invalid-schedule',
      `the recurring schedule of declared:task is refused: expected id to be free, got "declared:task", which the definition's option recurring has`,
    ]);
  });

  it('says so when Redis is away', async () => {
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: 'redis://127.0.0.1:1' })._unsafeUnwrap();
    const recurring = createRecurringSchedules({ tasks: [reportTask], logger: silentLogger, appConfig });
    const answers = await Promise.all([
      recurring.create(reportTask, daily, { everyMs: 1000 }),
      recurring.list(),
      recurring.get('r'),
      recurring.runNow('r'),
    ]);
    closeSharedConnections();

    expect(answers.map((answer) => answer._unsafeUnwrapErr().code)).toEqual(
      answers.map(() => 'queue-unavailable'),
    );
  });
});

describe('runNow', () => {
  it('starts a run of a paused schedule too, and leaves the next one where it is', async () => {
    await using test = await setup();
    const { recurring } = test;
    const created = (
      await recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r' })
    )._unsafeUnwrap();
    const correlationId = CorrelationId('request-2');
    const first = (await recurring.runNow('r', { correlationId }))._unsafeUnwrap();
    await recurring.pause('r');
    const second = (await recurring.runNow('r'))._unsafeUnwrap();

    expect(first).toMatchObject({ taskName: 'reports:build', correlationId, disposition: 'created' });
    expect(await test.record(first.id)).toMatchObject({ payload: daily, correlationId, scheduleId: 'r' });
    expect((await test.taskIds(reportTask)).toSorted()).toEqual([first.id, second.id].toSorted());
    const { nextRunAt, lastRunAt } = (await recurring.resume('r'))._unsafeUnwrap();
    expect(nextRunAt).toEqual(created.nextRunAt as Date);
    expect(Math.abs((lastRunAt?.getTime() ?? 0) - (await test.redisNow()))).toBeLessThan(5000);
  });

  it('needs the definition', async () => {
    await using test = await setup();
    await test.recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r' });
    const { appConfig } = test;
    const recurring = createRecurringSchedules({ tasks: [otherTask], logger: silentLogger, appConfig });
    const error = (await recurring.runNow('r'))._unsafeUnwrapErr();

    expect([error.code, error.message]).toEqual(['unknown-task', 'no task is named "reports:build".']);
  });

  it('refuses a wrong correlation ID', async () => {
    await using test = await setup();
    const answer = await test.recurring.runNow('r', { correlationId: 'a b' as CorrelationId });

    expect(answer._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-schedule',
      message: expect.stringContaining('got "a b"'),
    });
  });

  it('starts none that would overlap, and says which is unfinished', async () => {
    await using test = await setup();
    const { recurring } = test;
    await recurring.create(reportTask, daily, { everyMs: minuteMs }, { id: 'r', overlap: 'skip' });
    const { id } = (await recurring.runNow('r'))._unsafeUnwrap();
    const error = (await recurring.runNow('r'))._unsafeUnwrapErr();

    expect([error.code, error.message]).toEqual([
      'overlapping',
      `the schedule r skips overlapping runs, and its run ${id} is unfinished`,
    ]);
    await test.startWorker({ taskNames: ['reports:build'] });
    await test.ended(id);
    expect((await recurring.runNow('r')).isOk()).toBe(true);
  });
});

describe('scheduleRecurring', () => {
  it('creates the schedule and answers its id', async () => {
    await using test = await setup();
    const correlationId = CorrelationId('request-3');
    const id = (
      await test.scheduler.scheduleRecurring(
        correlationId,
        reportTask,
        daily,
        { everyMs: minuteMs },
        { missed: 'skip' },
      )
    )._unsafeUnwrap();

    expect((await test.recurring.get(id))._unsafeUnwrap()).toMatchObject({
      taskName: 'reports:build',
      correlationId,
      missed: 'skip',
    });
  });

  it.each([
    ['correlation ID', 'a b', daily, { everyMs: 1000 }, 'invalid-correlation-id'],
    ['payload', 'a', {}, { everyMs: 1000 }, 'invalid-payload'],
    ['timing', 'a', daily, { everyMs: 1 }, 'invalid-options'],
  ])('refuses a wrong %s', async (_what, correlationId, payload, timing, code) => {
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: 'redis://127.0.0.1:1' })._unsafeUnwrap();
    const scheduler = createTaskScheduler({ logger: silentLogger, appConfig });
    const answer = await scheduler.scheduleRecurring(
      correlationId as CorrelationId, // wrong on purpose, like the others
      reportTask,
      payload as never,
      timing,
    );

    expect(answer._unsafeUnwrapErr()).toMatchObject({ name: 'ScheduleError', code });
  });
});
