import { describe, expect, it } from 'bun:test';
import { err } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { createLetterBench, type LetterBench, shown } from './__fixtures__/LetterBench';

const taskNamed = (queueName: string) =>
  defineTask({
    queueName,
    schema: z.object({}),
    handler: async () => err(TaskError.fatal('still broken')),
  });

const one = taskNamed('letters:one');
const two = taskNamed('letters:two');
const HOUR_MS = 3_600_000;
const T = Date.now() - 100 * HOUR_MS;

const setup = () => createLetterBench({ tasks: [one, two] });

/** The letters that the waiting tasks do again, in the order in which they were put on their queue. */
const retriedFrom = async (bench: LetterBench, task: typeof one): Promise<unknown[]> => {
  const ids = await bench.redis.zrange(bench.jobKey(task, 'prioritized'), 0, '-1');
  const data = await Promise.all(ids.map((id) => bench.redis.hget(bench.jobKey(task, id), 'data')));
  return data.map((json) => JSON.parse(json ?? '{}').retriedFrom);
};

describe('retryAll', () => {
  it('retries every letter once, of all tasks or of one', async () => {
    await using bench = await setup();
    const [a, b, c] = await bench.plant([
      { task: one, failedAtMs: T + 2 },
      { task: one, failedAtMs: T + 1 },
      { task: two, failedAtMs: T + 3 },
    ]);

    expect(shown(await bench.deadLetters.retryAll({ name: 'letters:two' }))).toEqual({
      retriedCount: 1,
      skippedCount: 0,
    });
    expect(shown(await bench.deadLetters.retryAll())).toEqual({ retriedCount: 2, skippedCount: 1 });
    expect(shown(await bench.deadLetters.retryAll())).toEqual({ retriedCount: 0, skippedCount: 3 });
    expect(new Set(await retriedFrom(bench, one))).toEqual(new Set([a, b]));
    expect(await retriedFrom(bench, two)).toEqual([c]);
  });

  it('takes the oldest of all tasks first, as many as the limit says, and goes on with the next ones', async () => {
    await using bench = await setup();
    const [b, a, c] = await bench.plant([
      { task: one, failedAtMs: T + 2 },
      { task: two, failedAtMs: T + 1 },
      { task: two, failedAtMs: T + 3 },
      { task: one, failedAtMs: T + 4 },
    ]);

    expect(shown(await bench.deadLetters.retryAll({ limit: 2 }))).toMatchObject({ retriedCount: 2 });
    expect([await retriedFrom(bench, one), await retriedFrom(bench, two)]).toEqual([[b], [a]]);
    expect(shown(await bench.deadLetters.retryAll({ limit: 1 }))).toEqual({
      retriedCount: 1,
      skippedCount: 2,
    });
    expect([await retriedFrom(bench, one), await retriedFrom(bench, two)]).toEqual([[b], [a, c]]);
  });

  it('counts towards its limit only what it retries', async () => {
    await using bench = await setup();
    const ids = await bench.plant([1, 2, 3, 4].map((at) => ({ task: one, failedAtMs: T + at })));
    await bench.deadLetters.retry(ids[0] ?? TaskId());

    expect(shown(await bench.deadLetters.retryAll({ limit: 2 }))).toEqual({
      retriedCount: 2,
      skippedCount: 1,
    });
  });

  it('keeps to the time it is given: the first moment included, the last one not', async () => {
    await using bench = await setup();
    const [, b, c] = await bench.plant([1, 2, 3, 4].map((at) => ({ task: one, failedAtMs: T + at })));
    const range = { failedAfter: new Date(T + 2), failedBefore: new Date(T + 4) };

    expect(shown(await bench.deadLetters.retryAll(range))).toEqual({ retriedCount: 2, skippedCount: 0 });
    expect(new Set(await retriedFrom(bench, one))).toEqual(new Set([b, c]));
  });

  it('goes through thousands, many of which failed in the same millisecond', async () => {
    await using bench = await setup();
    const letters = Array.from({ length: 400 }, (_, n) => ({
      task: n % 3 ? one : two,
      failedAtMs: T + (n % 2),
    }));
    await bench.plant(letters);

    expect(shown(await bench.deadLetters.retryAll())).toEqual({ retriedCount: 400, skippedCount: 0 });
    const made = [...(await retriedFrom(bench, one)), ...(await retriedFrom(bench, two))];
    expect(new Set(made).size).toBe(400);
  });

  it('leaves letters that fail after it began for another call', async () => {
    await using bench = await setup();
    await bench.plant([{ task: one, failedAtMs: Date.now() + HOUR_MS }]);

    expect(shown(await bench.deadLetters.retryAll())).toEqual({ retriedCount: 0, skippedCount: 0 });
  });

  it('ends although what it retries fails again at once, under a clock that is late', async () => {
    await using bench = await setup();
    await bench.plant(Array.from({ length: 150 }, (_, at) => ({ task: one, failedAtMs: T + at })));
    await bench.startWorker();
    const realNow = Date.now;
    const answer = bench.deadLetters.retryAll();
    // From here on the worker of this process believes that tasks fail before the call began.
    Date.now = () => realNow() - HOUR_MS;
    try {
      expect(shown(await answer)).toEqual({ retriedCount: 150, skippedCount: 0 });
    } finally {
      Date.now = realNow;
    }
  });

  it('can be called by several at a time: each letter is retried once', async () => {
    await using bench = await setup();
    await bench.plant(Array.from({ length: 120 }, (_, at) => ({ task: one, failedAtMs: T + at })));
    const answers = await Promise.all(Array.from({ length: 3 }, () => bench.deadLetters.retryAll()));
    const counts = answers.map((answer) => answer._unsafeUnwrap());

    expect(counts.reduce((sum, { retriedCount }) => sum + retriedCount, 0)).toBe(120);
    expect(counts.every(({ retriedCount, skippedCount }) => retriedCount + skippedCount === 120)).toBe(true);
    expect(new Set(await retriedFrom(bench, one)).size).toBe(120);
  });

  it('goes on where a call that died had stopped', async () => {
    await using bench = await setup();
    const ids = await bench.plant([1, 2, 3].map((at) => ({ task: one, failedAtMs: T + at })));
    const promised = TaskId();
    await bench.deadLetters.retry(ids[0] ?? TaskId());
    await bench.redis.hset(bench.jobKey(one, ids[1] ?? ''), { retriedAs: promised, retryClaimedAt: '5' });

    expect(shown(await bench.deadLetters.retryAll())).toEqual({ retriedCount: 2, skippedCount: 1 });
    expect((await bench.deadLetters.get(ids[1] ?? TaskId()))._unsafeUnwrap().retriedAs).toBe(promised);
  });

  it('says how far it came when Redis refuses', async () => {
    await using bench = await setup();
    await bench.plant([
      { task: one, failedAtMs: T },
      { task: two, failedAtMs: T + 1 },
    ]);
    await bench.redis.set(bench.jobKey(two, 'pc'), 'no number: BullMQ counts here');
    const error = (await bench.deadLetters.retryAll())._unsafeUnwrapErr();

    expect(error).toMatchObject({
      code: 'queue-unavailable',
      metadata: { retriedCount: 1, skippedCount: 0 },
    });
    expect(error.message).toStartWith('Redis refused the task: ');
  });
});
