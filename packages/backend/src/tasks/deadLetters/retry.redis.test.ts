import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { createLetterBench, type LetterBench, shown } from './__fixtures__/LetterBench';
import { createDeadLetterQueue } from './DeadLetterQueue';

/** Tasks that fail until they are mended. */
const setup = async (options: TaskOptions = {}, env: Readonly<Record<string, string>> = {}) => {
  const state = { isBroken: true, runs: [] as TaskId[] };
  const task = defineTask({
    queueName: 'letters:retry',
    schema: z.object({ n: z.number() }),
    handler: async ({ n }, { taskId }) => {
      state.runs.push(taskId);
      return state.isBroken ? err(TaskError.fatal('broken')) : ok({ n });
    },
    options,
  });
  return { bench: await createLetterBench({ tasks: [task], env }), state, task };
};

type Task = Awaited<ReturnType<typeof setup>>['task'];

const plantOne = async (bench: LetterBench, task: Task): Promise<TaskId> => {
  const [id = TaskId()] = await bench.plant([{ task, failedAtMs: Date.now() - 1000, payload: { n: 7 } }]);
  return id;
};

const waitingIds = (bench: LetterBench, task: Task) =>
  bench.redis.zrange(bench.jobKey(task, 'prioritized'), 0, '-1');

/** Counts the scripts about a letter that reach Redis. */
const watchScripts = async ({ redis }: LetterBench, id: TaskId) => {
  const monitor = await redis.monitor();
  let count = 0;
  monitor.on('monitor', (_time: string, args: readonly string[]) => {
    if (args[0]?.toLowerCase() === 'eval' && args.includes(id)) count += 1;
  });
  return { count: () => count, [Symbol.asyncDispose]: async () => monitor.disconnect() };
};

const unwrap = <T, E>(answer: Result<T, E>): T => answer._unsafeUnwrap();

describe('retry', () => {
  it('makes a new task of the old one, runs it at once and marks the letter', async () => {
    const { bench, state, task } = await setup();
    await using _bench = bench;
    const [correlationId, userId] = [CorrelationId(), UserId()];
    const call = { userId, priority: 12, metadata: { from: 'test' }, maxAttempts: 2, expiresInMs: 60_000 };
    const scheduled = await bench.scheduler.schedule(correlationId, task, { n: 7 }, call);
    const { id } = unwrap(scheduled);
    const worker = await bench.startWorker();
    await bench.reaches(id, 'failed');
    await worker.stop();
    state.isBroken = false;
    const newId = unwrap(await bench.deadLetters.retry(id));
    const job = await bench.redis.hgetall(bench.jobKey(task, newId));

    expect(newId).not.toBe(id);
    expect({ priority: job['priority'], delay: job['delay'] }).toEqual({ priority: '89', delay: '0' });
    expect(JSON.parse(job['data'] ?? '')).toEqual({
      v: 1,
      payload: { n: 7 },
      correlationId,
      userId,
      metadata: { from: 'test' },
      overrides: { maxAttempts: 2 },
      retriedFrom: id,
      stepsOf: id,
    });
    const letter = unwrap(await bench.deadLetters.get(id));
    expect(letter.retriedAs).toBe(newId);
    expect(Date.now() - (letter.retriedAt?.getTime() ?? 0)).toBeLessThan(10_000);

    await bench.startWorker();
    expect(await bench.reaches(newId, 'completed')).toMatchObject({
      attempt: 1,
      maxAttempts: 2,
      correlationId,
      retriedFrom: id,
      value: { n: 7 },
    });
    expect(state.runs).toEqual([id, newId]);
  });

  it('is refused for a letter that was retried, and names the task that it became', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const id = await plantOne(bench, task);
    const newId = unwrap(await bench.deadLetters.retry(id));

    expect(shown(await bench.deadLetters.retry(id))).toEqual({
      code: 'already-retried',
      message: `expected the task "${id}" not to be retried yet, got one that was retried as "${newId}"; with force: true it is retried once more`,
    });
    expect(await waitingIds(bench, task)).toEqual([newId]);
  });

  it('does a letter once more when it is forced to', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const id = await plantOne(bench, task);
    const first = unwrap(await bench.deadLetters.retry(id));
    const second = unwrap(await bench.deadLetters.retry(id, { force: true }));

    expect(await waitingIds(bench, task)).toEqual([first, second]);
    expect(unwrap(await bench.deadLetters.get(id)).retriedAs).toBe(second);
  });

  it('makes one task of many calls over several connections, also when it is over and forgotten at once', async () => {
    const { bench, state, task } = await setup({ retention: { completed: { count: 0 } } });
    await using _bench = bench;
    const id = await plantOne(bench, task);
    state.isBroken = false;
    await bench.startWorker();
    // A connection for each way to write the URL.
    const url = bench.appConfig.redisUrl;
    const urls = [url, `${url}/`, `${url}/0`, url.replace('127.0.0.1', 'localhost')];
    const queues = urls.map((redisUrl) =>
      createDeadLetterQueue({
        tasks: [task],
        logger: bench.logger,
        appConfig: { ...bench.appConfig, redisUrl },
      }),
    );
    const calls = Array.from({ length: 20 }, (_, n) => queues[n % queues.length]?.retry(id));
    const answers = (await Promise.all(calls)).filter((answer) => answer !== undefined);
    const made = answers.filter((answer) => answer.isOk()).map(unwrap);
    await until(async () => state.runs.length > 0);

    expect(made).toHaveLength(1);
    expect(
      answers.filter((answer) => answer.isErr() && answer.error.code === 'already-retried'),
    ).toHaveLength(19);
    expect(state.runs).toEqual(made);
  });

  it('goes on where a call died, under the same id', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const id = await plantOne(bench, task);
    const promised = TaskId();
    await bench.redis.hset(bench.jobKey(task, id), { retriedAs: promised, retryClaimedAt: '5' });

    expect(unwrap(await bench.deadLetters.get(id))).not.toHaveProperty('retriedAs');
    expect(unwrap(await bench.deadLetters.retry(id))).toBe(promised);
    expect(await waitingIds(bench, task)).toEqual([promised]);
  });

  it('makes no second task when a call died after it had made the first', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const id = await plantOne(bench, task);
    const newId = unwrap(await bench.deadLetters.retry(id));
    await bench.redis.hdel(bench.jobKey(task, id), 'retriedAt');

    expect(unwrap(await bench.deadLetters.retry(id, { force: true }))).toBe(newId);
    expect(await waitingIds(bench, task)).toEqual([newId]);
    expect(unwrap(await bench.deadLetters.get(id)).retriedAs).toBe(newId);
  });

  it.each([
    ['2000', 0],
    ['5000', 4000],
  ])(
    'waits for a rival that is about to retry the letter: deadline %s, for %i ms',
    async (deadlineMs, agoMs) => {
      const { bench, task } = await setup({}, { SCHEDULE_DEADLINE_MS: deadlineMs });
      await using _bench = bench;
      const id = await plantOne(bench, task);
      const theirs = TaskId();
      const key = bench.jobKey(task, id);
      await bench.redis.hset(key, { retriedAs: theirs, retryClaimedAt: String(Date.now() - agoMs) });
      await using looks = await watchScripts(bench, id);
      const ours = bench.deadLetters.retry(id);
      await until(async () => looks.count() >= 2);
      await bench.redis.hset(key, 'retriedAt', String(Date.now()));

      expect((await ours)._unsafeUnwrapErr()).toMatchObject({
        code: 'already-retried',
        metadata: { retriedAs: theirs },
      });
      expect(await waitingIds(bench, task)).toEqual([]);
    },
  );

  it('takes a letter over from a rival that does not come back', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const id = await plantOne(bench, task);
    const theirs = TaskId();
    const claim = { retriedAs: theirs, retryClaimedAt: String(Date.now() - 2800) };
    await bench.redis.hset(bench.jobKey(task, id), claim);

    expect(unwrap(await bench.deadLetters.retry(id))).toBe(theirs);
  });

  it('retries a job that plain BullMQ wrote, whose payload is bare and whose priority is none', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const [id = TaskId()] = await bench.plant([{ task, failedAtMs: Date.now(), id: '17' as TaskId }]);
    await bench.redis.hset(bench.jobKey(task, id), { data: '{"n":3}', priority: '0' });
    const newId = unwrap(await bench.deadLetters.retry(id));
    const job = await bench.redis.hgetall(bench.jobKey(task, newId));

    expect(JSON.parse(job['data'] ?? '')).toMatchObject({ v: 1, payload: { n: 3 } });
    expect(job['priority']).toBe('1');
  });

  it('refuses what is no dead letter', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const waiting = await bench.schedule(task, { n: 1 });

    expect((await bench.deadLetters.retry(waiting))._unsafeUnwrapErr().code).toBe('not-failed');
    expect((await bench.deadLetters.retry(TaskId()))._unsafeUnwrapErr().code).toBe('not-found');
    expect(await waitingIds(bench, task)).toEqual([waiting]);
  });

  it('says so when Redis refuses, and goes on later under the same id', async () => {
    const { bench, task } = await setup();
    await using _bench = bench;
    const id = await plantOne(bench, task);
    const key = bench.jobKey(task, id);
    await bench.redis.set(bench.jobKey(task, 'pc'), 'no number: BullMQ counts here');
    const refused = (await bench.deadLetters.retry(id))._unsafeUnwrapErr();
    await bench.redis.del(bench.jobKey(task, 'pc'));
    const promised = await bench.redis.hget(key, 'retriedAs');
    await bench.redis.hset(key, 'retryClaimedAt', '5'); // as if it had been long ago

    expect(refused.code).toBe('queue-unavailable');
    expect(refused.message).toStartWith('Redis refused the task: ');
    expect<string | null>(unwrap(await bench.deadLetters.retry(id))).toBe(promised);
  });

  const calls: [name: string, call: (bench: LetterBench, id: TaskId) => Promise<Result<unknown, unknown>>][] =
    [
      ['retry', ({ deadLetters }, id) => deadLetters.retry(id)],
      ['retryAll', ({ deadLetters }) => deadLetters.retryAll()],
    ];

  it.each(calls)('says that it is the ledger that does not take the new task: %s', async (name, call) => {
    await using directory = await createTemporaryDirectory();
    const { bench, task } = await setup({}, { LEDGER_URL: `sqlite://${join(directory.path, 'l.sqlite')}` });
    await using _bench = bench;
    const id = await plantOne(bench, task);
    await sharedTaskLedger(bench.appConfig)?.close();
    const refused = await call(bench, id);

    expect(refused._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-unavailable',
      message: "the ledger's database is closed: the database is closed",
      metadata: name === 'retry' ? {} : { retriedCount: 0, skippedCount: 0 },
    });
    expect(await waitingIds(bench, task)).toEqual([]);
  });
});
