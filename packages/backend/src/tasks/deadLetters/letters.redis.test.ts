import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { createLetterBench, shown } from './__fixtures__/LetterBench';
import { createDeadLetterQueue } from './DeadLetterQueue';

const taskNamed = (queueName: string) =>
  defineTask({ queueName, schema: z.object({}), handler: async () => ok() });

const one = taskNamed('letters:one');
const two = taskNamed('letters:two');
const T = Date.UTC(2026, 0, 1);

const setup = () => createLetterBench({ tasks: [one, two] });

describe('list', () => {
  it('merges the letters of all tasks, the newest failure first, ties by id', async () => {
    await using bench = await setup();
    const [a, b, c, d, e] = await bench.plant([
      { task: one, failedAtMs: T + 1 },
      { task: two, failedAtMs: T + 4 },
      { task: one, failedAtMs: T + 2 },
      { task: two, failedAtMs: T + 2 },
      { task: one, failedAtMs: T + 3 },
    ]);
    const list = (await bench.deadLetters.list())._unsafeUnwrap();

    expect(list.map(({ id, name, failedAt }) => [id, name, failedAt.getTime() - T])).toEqual([
      [b, 'letters:two', 4],
      [e, 'letters:one', 3],
      [d, 'letters:two', 2],
      [c, 'letters:one', 2],
      [a, 'letters:one', 1],
    ] as never);
  });

  it('pages through them, over all tasks and over one', async () => {
    await using bench = await setup();
    const ids = await bench.plant(
      [6, 5, 4, 3, 2, 1].map((at) => ({ task: at % 2 === 0 ? one : two, failedAtMs: T + at })),
    );
    const page = async (offset: number, name?: string) =>
      (await bench.deadLetters.list({ limit: 2, offset, ...(name === undefined ? {} : { name }) }))
        ._unsafeUnwrap()
        .map(({ id }) => ids.indexOf(id));

    expect(await Promise.all([page(0), page(2), page(4), page(6)])).toEqual([[0, 1], [2, 3], [4, 5], []]);
    expect(await Promise.all([page(0, 'letters:one'), page(2, 'letters:one')])).toEqual([[0, 2], [4]]);
  });

  it('lists 100 unless told otherwise', async () => {
    await using bench = await setup();
    await bench.plant(Array.from({ length: 101 }, (_, at) => ({ task: one, failedAtMs: T + at })));

    expect((await bench.deadLetters.list())._unsafeUnwrap()).toHaveLength(100);
    expect((await bench.deadLetters.list({ limit: 1000 }))._unsafeUnwrap()).toHaveLength(101);
  });

  it('is empty when nothing has failed, and leaves letters of tasks without a definition out', async () => {
    await using bench = await setup();
    await bench.plant([{ task: taskNamed('letters:gone'), failedAtMs: T }]);

    expect((await bench.deadLetters.list())._unsafeUnwrap()).toEqual([]);
    expect((await bench.deadLetters.count())._unsafeUnwrap()).toBe(0);
  });
});

describe('letters that another program has broken', () => {
  const broken = { data: '{"v":1,', stacktrace: 'no JSON', failedReason: 'boom' };

  it('are in the list, and make no other unreadable', async () => {
    await using bench = await setup();
    const ids = await bench.plant([4, 3, 2, 1].map((at) => ({ task: one, failedAtMs: T + at })));
    const [first = '', second = '', third = ''] = ids;
    await bench.redis.hset(bench.jobKey(one, first), broken);
    await bench.redis.hset(bench.jobKey(one, second), 'stacktrace', '{"no":"list"}');
    await bench.redis.hset(bench.jobKey(one, third), 'stacktrace', '[5,"Error: boom",null]');
    const list = (await bench.deadLetters.list())._unsafeUnwrap();

    expect(list.map(({ id }) => id)).toEqual([...ids]);
    expect(list[0]).toMatchObject({
      payload: '{"v":1,',
      error: { message: 'boom', stack: '' },
      failures: [],
    });
    expect(list[1]).toMatchObject({ error: { message: 'planted' }, failures: [] });
    expect(list[2]?.failures.map(({ stack }) => stack)).toEqual(['Error: boom']);
    expect((await bench.deadLetters.get(first as TaskId))._unsafeUnwrap()).toEqual(list[0] as never);
  });

  it('are told apart by their task when several have one id', async () => {
    await using bench = await setup();
    const id = '17' as TaskId; // as plain BullMQ counts, in each queue
    await bench.plant([one, two].map((task, at) => ({ task, failedAtMs: T + at, id, payload: { at } })));
    const list = (await bench.deadLetters.list())._unsafeUnwrap();

    expect(list.map(({ name, payload }) => ({ name, payload }))).toEqual([
      { name: 'letters:two', payload: { at: 1 } },
      { name: 'letters:one', payload: { at: 0 } },
    ]);
  });

  it('are retried with what they hold', async () => {
    await using bench = await setup();
    const [id = TaskId()] = await bench.plant([{ task: one, failedAtMs: T }]);
    await bench.redis.hset(bench.jobKey(one, id), broken);
    const newId = (await bench.deadLetters.retry(id))._unsafeUnwrap();

    expect(await bench.record(newId)).toMatchObject({ payload: '{"v":1,', retriedFrom: id });
  });
});

describe('get', () => {
  const failing = defineTask({
    queueName: 'letters:failing',
    schema: z.object({ does: z.string() }),
    handler: async ({ does }, { attempt, signal }) => {
      if (does === 'fatal') return err(TaskError.fatal('the page is gone', { status: 410 }));
      if (does === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return err(new TaskError(`refused ${attempt}`, { attempt }));
    },
    options: { maxAttempts: 3, backoffMs: 0 },
  });

  it('reads everything that is known of a letter', async () => {
    await using bench = await createLetterBench({ tasks: [failing] });
    await bench.startWorker();
    const [correlationId, userId] = [CorrelationId(), UserId()];
    const scheduled = await bench.scheduler.schedule(
      correlationId,
      failing,
      { does: 'fatal' },
      { userId, metadata: { source: 'test' } },
    );
    const { id } = scheduled._unsafeUnwrap();
    const { endedAt, scheduledAt } = await bench.reaches(id, 'failed');
    const letter = (await bench.deadLetters.get(id))._unsafeUnwrap();

    expect(letter).toEqual({
      id,
      name: 'letters:failing',
      payload: { does: 'fatal' },
      correlationId,
      userId,
      metadata: { source: 'test' },
      scheduledAt,
      failedAt: endedAt ?? new Date(0),
      attempts: 1,
      maxAttempts: 3,
      crashCount: 0,
      error: expect.anything() as never,
      failures: [letter.error],
    });
    expect(letter.error).toEqual({
      message: 'the page is gone',
      code: 'fatal',
      reason: 'fatal',
      attempt: 1,
      metadata: { status: 410 },
      stack: expect.stringMatching(
        /^TaskError: the page is gone\n {4}at [\s\S]+(?<!drover \{.*\})$/,
      ) as never,
    });
    expect((await bench.deadLetters.list())._unsafeUnwrap()).toEqual([letter]);
  });

  it('keeps the failure of each attempt, oldest first', async () => {
    await using bench = await createLetterBench({ tasks: [failing] });
    await bench.startWorker();
    const id = await bench.schedule(failing, { does: 'refuse' });
    await bench.reaches(id, 'failed');
    const { attempts, error, failures } = (await bench.deadLetters.get(id))._unsafeUnwrap();

    expect(
      failures.map(({ attempt, message, reason, metadata }) => [attempt, message, reason, metadata]),
    ).toEqual([
      [1, 'refused 1', undefined, { attempt: 1 }],
      [2, 'refused 2', undefined, { attempt: 2 }],
      [3, 'refused 3', 'exhausted', { attempt: 3 }],
    ]);
    expect({ attempts, isLast: error === failures[2] }).toEqual({ attempts: 3, isLast: true });
    expect(new Set(failures.map(({ stack }) => stack.split('\n')[0]))).toEqual(
      new Set(['TaskError: refused 1', 'TaskError: refused 2', 'TaskError: refused 3']),
    );
  });

  it('tells a timeout', async () => {
    await using bench = await createLetterBench({ tasks: [failing] });
    await bench.startWorker();
    const id = await bench.schedule(failing, { does: 'hang' }, { timeoutMs: 20, maxAttempts: 1 });
    await bench.reaches(id, 'failed');
    const { error } = (await bench.deadLetters.get(id))._unsafeUnwrap();

    expect(error).toMatchObject({ code: 'timeout', reason: 'timeout', attempt: 1 });
    expect(error.message).toBe('the handler took longer than timeoutMs (20 ms)');
  });

  it('tells what was wrong with a payload, place by place', async () => {
    const strict = defineTask({
      queueName: 'letters:failing',
      schema: z.object({ does: z.string().max(3) }),
      handler: async () => ok(),
    });
    await using bench = await createLetterBench({ tasks: [strict] });
    await bench.startWorker();
    const id = await bench.schedule(failing, { does: 'too much' });
    await bench.reaches(id, 'failed');
    const { error } = (await bench.deadLetters.get(id))._unsafeUnwrap();

    expect(error).toMatchObject({ code: 'invalid-payload', reason: 'invalid-payload' });
    expect(error.metadata?.['issues']).toEqual([
      { path: 'does', message: 'Too big: expected string to have <=3 characters' },
    ]);
  });

  it('tells a crash loop, with the crashes as attempts', async () => {
    await using bench = await createLetterBench({ tasks: [failing] });
    const id = await bench.schedule(failing, { does: 'crash' });
    // What the stalled check writes when a worker dies: this process cannot die for it.
    await bench.redis.hset(bench.jobKey(failing, id), 'stc', '3');
    await bench.startWorker();
    await bench.reaches(id, 'failed');

    expect((await bench.deadLetters.get(id))._unsafeUnwrap()).toMatchObject({
      attempts: 3,
      crashCount: 3,
      error: { code: 'crash-loop', reason: 'crash-loop', message: expect.stringContaining('died 3 times') },
    });
  });

  it('tells an expiry', async () => {
    await using bench = await createLetterBench({ tasks: [failing] });
    const id = await bench.schedule(failing, { does: 'nothing' }, { expiresInMs: 60_000 });
    const stored = JSON.parse((await bench.redis.hget(bench.jobKey(failing, id), 'data')) ?? '');
    const data = JSON.stringify({ ...stored, expiresAtMs: Date.now() - 1 });
    await bench.redis.hset(bench.jobKey(failing, id), 'data', data);
    await bench.startWorker();
    await bench.reaches(id, 'failed');

    expect((await bench.deadLetters.get(id))._unsafeUnwrap()).toMatchObject({
      attempts: 0,
      expiresAt: expect.any(Date),
      error: { code: 'expired', reason: 'expired', attempt: 0 },
    });
  });

  it('reads a letter that another program left, as far as it says anything', async () => {
    await using bench = await setup();
    const [id = TaskId()] = await bench.plant([{ task: one, failedAtMs: T }]);
    await bench.redis.hset(bench.jobKey(one, id), {
      data: '{"plain":true}',
      failedReason: 'boom',
      stacktrace: '["Error: first\\n    at a","Error: boom\\n    at b"]',
      atm: '2',
    });

    expect((await bench.deadLetters.get(id))._unsafeUnwrap()).toMatchObject({
      payload: { plain: true },
      failures: [
        { message: 'Error: first', code: 'task-failed', attempt: 1, stack: 'Error: first\n    at a' },
        { message: 'boom', code: 'task-failed', attempt: 2, stack: 'Error: boom\n    at b' },
      ],
    });
  });

  it('refuses what is no dead letter', async () => {
    await using bench = await setup();
    const waiting = await bench.schedule(one, {});
    const cancelled = TaskId();
    await bench.redis.zadd(bench.jobKey(one, 'cancelled'), String(T), cancelled);
    const unknown = TaskId();

    expect(shown(await bench.deadLetters.get(waiting))).toEqual({
      code: 'not-failed',
      message: `expected the task "${waiting}" (letters:one) to be failed, got one that is pending`,
    });
    expect(shown(await bench.deadLetters.get(cancelled))).toEqual({
      code: 'not-failed',
      message: `expected the task "${cancelled}" (letters:one) to be failed, got one that is cancelled`,
    });
    expect(shown(await bench.deadLetters.get(unknown))).toEqual({
      code: 'not-found',
      message: `no registered queue holds the task "${unknown}"`,
    });
    const long = await bench.deadLetters.get('x'.repeat(5000) as TaskId);
    expect(long._unsafeUnwrapErr().message).toHaveLength(115);
    expect(shown(await bench.deadLetters.get('failed' as TaskId))).toMatchObject({ code: 'not-found' });
  });
});

describe('count', () => {
  it('says that Redis refused when it did', async () => {
    await using bench = await setup();
    await bench.redis.set(bench.jobKey(one, 'failed'), 'no set');

    expect(shown(await bench.deadLetters.count())).toEqual({
      code: 'queue-unavailable',
      message: expect.stringMatching(/^Redis refused: WRONGTYPE /),
    });
  });

  it('counts the letters of one task and of all', async () => {
    await using bench = await setup();
    await bench.plant([one, one, two].map((task, at) => ({ task, failedAtMs: T + at })));

    expect([
      shown(await bench.deadLetters.count()),
      shown(await bench.deadLetters.count('letters:one')),
    ]).toEqual([3, 2]);
  });
});

describe('purge', () => {
  it('deletes the letters that failed long enough ago, of one task or of all, with their keys', async () => {
    await using bench = await setup();
    const HOUR_MS = 3_600_000;
    const ago = (hours: number) => Date.now() - hours * HOUR_MS;
    const [, , young] = await bench.plant([
      { task: one, failedAtMs: ago(3) },
      { task: two, failedAtMs: ago(3) },
      { task: one, failedAtMs: ago(1) },
    ]);

    expect(shown(await bench.deadLetters.purge(2 * HOUR_MS, { name: 'letters:two' }))).toBe(1);
    expect(shown(await bench.deadLetters.purge(2 * HOUR_MS))).toBe(1);
    expect((await bench.deadLetters.list())._unsafeUnwrap().map(({ id }) => id)).toEqual([young as TaskId]);
    expect(shown(await bench.deadLetters.purge(0))).toBe(1);
    const left = (await bench.keys()).filter((key) => !/:(?:meta|\{tasks\})$/.test(key));
    expect(left).toEqual([]);
  });

  it('deletes more than one part', async () => {
    await using bench = await setup();
    await bench.plant(Array.from({ length: 2300 }, (_, at) => ({ task: one, failedAtMs: T + at })));

    expect(shown(await bench.deadLetters.purge(0))).toBe(2300);
  });
});

describe('a dead letter queue without Redis', () => {
  it('answers each call with queue-unavailable', async () => {
    await using bench = await createLetterBench({ tasks: [one] });
    const appConfig = { ...bench.appConfig, redisUrl: 'redis://127.0.0.1:1' };
    const letters = createDeadLetterQueue({ tasks: [one], logger: bench.logger, appConfig });
    const answers = await Promise.all([
      letters.list(),
      letters.get(TaskId()),
      letters.retry(TaskId()),
      letters.retryAll(),
      letters.purge(0),
      letters.count(),
    ]);

    expect(answers.map((answer) => answer._unsafeUnwrapErr().code)).toEqual(
      Array.from({ length: 6 }, () => 'queue-unavailable' as const),
    );
    expect(answers[3]?._unsafeUnwrapErr().metadata).toEqual({ retriedCount: 0, skippedCount: 0 });
    expect(answers[4]?._unsafeUnwrapErr().metadata).toEqual({ purgedCount: 0 });
  });
});
