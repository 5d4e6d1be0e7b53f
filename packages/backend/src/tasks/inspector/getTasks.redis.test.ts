import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import fc from 'fast-check';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { ENVELOPE_VERSION } from '../domain/TaskEnvelope';
import { TaskError } from '../domain/TaskError';
import { TaskId, taskIdTimeMs } from '../domain/TaskId';
import { TASK_STATUSES, type TaskStatus } from '../domain/TaskStatus';
import { createTaskBench, type TaskBench } from '../worker/__fixtures__/TaskBench';
import { type TaskQuery } from './TaskQuery';

const toTask = (queueName: string): TaskDefinition<{ does: string }> =>
  defineTask({
    queueName,
    schema: z.object({ does: z.string() }),
    handler: async ({ does }) => {
      if (does === 'run') await Bun.sleep(300);
      if (does === 'retry') return err(new TaskError('again'));
      return does === 'fail' ? err(TaskError.fatal('never')) : ok(does);
    },
    options: { backoffMs: 600_000 },
  });
const [mails, orders] = [toTask('mails:send'), toTask('orders:pack')];

const setup = async () => {
  // With a ledger the list is another one: see keptTasks.test.ts.
  const bench = await createTaskBench({ tasks: [mails, orders], env: { LEDGER_URL: 'off' } });
  const list = async (query?: TaskQuery) => (await bench.inspector.getTasks(query))._unsafeUnwrap();
  const idsOf = async (query?: TaskQuery) => (await list(query)).tasks.map(({ id }) => id);
  return { bench, list, idsOf };
};

const newestFirst = (ids: readonly TaskId[]): TaskId[] => ids.toSorted().toReversed();

/** Follows the cursors to the last page. */
const allPages = async (
  { inspector }: TaskBench,
  query: TaskQuery,
  onPage: () => Promise<unknown> = async () => undefined,
): Promise<readonly (readonly TaskId[])[]> => {
  const pages: TaskId[][] = [];
  for (let cursor: string | undefined; ; ) {
    const page = (
      await inspector.getTasks({ ...query, ...(cursor === undefined ? {} : { cursor }) })
    )._unsafeUnwrap();
    pages.push(page.tasks.map(({ id }) => id));
    await onPage();
    if (page.nextCursor === undefined) return pages;
    cursor = page.nextCursor;
  }
};

describe('getTasks', () => {
  it('lists nothing where nothing is', async () => {
    const { bench, list } = await setup();
    await using _ = bench;

    expect(await list()).toEqual({ tasks: [] });
  });

  it('lists the tasks of all names as getTask reads them, newest first', async () => {
    const { bench, list } = await setup();
    await using _ = bench;
    const ids = [await bench.schedule(mails, { does: 'x' }), await bench.schedule(orders, { does: 'x' })];
    const records = await Promise.all(ids.map((id) => bench.record(id)));

    expect(await list()).toEqual({ tasks: records.toReversed() });
  });

  it('finds the tasks of each status', async () => {
    const { bench, idsOf } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const ids: Record<TaskStatus, TaskId> = {
      completed: await bench.schedule(mails, { does: 'pass' }),
      failed: await bench.schedule(mails, { does: 'fail' }),
      retrying: await bench.schedule(mails, { does: 'retry' }),
      scheduled: await bench.schedule(mails, { does: 'x' }, { delayMs: 600_000 }),
      cancelled: await bench.schedule(mails, { does: 'x' }, { delayMs: 600_000 }),
      running: await bench.schedule(mails, { does: 'run' }),
      pending: '' as TaskId, // once the queue is paused
    };
    (await bench.inspector.cancel(ids.cancelled))._unsafeUnwrap();
    for (const status of ['completed', 'failed', 'retrying', 'running'] as const) {
      await bench.reaches(ids[status], status);
    }
    await bench.queue(mails).pause();
    ids.pending = await bench.schedule(mails, { does: 'x' });
    const found = await Promise.all(TASK_STATUSES.map((status) => idsOf({ status })));
    const several = await idsOf({ status: ['failed', 'cancelled', 'retrying'] });

    expect(found).toEqual(TASK_STATUSES.map((status) => [ids[status]]));
    expect(several).toEqual(newestFirst([ids.failed, ids.cancelled, ids.retrying]));
    expect(await idsOf()).toEqual(newestFirst(Object.values(ids)));
  });

  it('keeps to a name, a user and a correlation ID', async () => {
    const { bench, idsOf } = await setup();
    await using _ = bench;
    const [userId, correlationId] = [UserId(), CorrelationId()];
    const mine = await bench.schedule(mails, { does: 'x' }, { userId });
    const order = await bench.schedule(orders, { does: 'x' }, { userId });
    const traced = (await bench.scheduler.schedule(correlationId, mails, { does: 'x' }))._unsafeUnwrap().id;

    expect(await idsOf({ userId })).toEqual([order, mine]);
    expect(await idsOf({ name: 'mails:send' })).toEqual([traced, mine]);
    expect(await idsOf({ userId, name: 'mails:send' })).toEqual([mine]);
    expect(await idsOf({ correlationId })).toEqual([traced]);
    expect(await idsOf({ correlationId, userId })).toEqual([]);
  });

  it('keeps to a recurring schedule', async () => {
    const { bench, idsOf } = await setup();
    await using _ = bench;
    await bench.schedule(mails, { does: 'x' });
    const data = { v: ENVELOPE_VERSION, payload: {}, correlationId: CorrelationId(), scheduleId: 'nightly' };
    const id = TaskId();
    await bench.queue(mails).add('x', data, { jobId: id });

    expect(await idsOf({ scheduleId: 'nightly' })).toEqual([id]);
    expect(await idsOf({ scheduleId: 'weekly' })).toEqual([]);
  });

  it('keeps to a range of time: its start included, its end not', async () => {
    const { bench, idsOf } = await setup();
    await using _ = bench;
    const ids: TaskId[] = [];
    for (let n = 0; n < 3; n += 1) {
      ids.push(await bench.schedule(mails, { does: 'x' }));
      await Bun.sleep(2); // ids of one millisecond have one time
    }
    const times = ids.map((id) => new Date(taskIdTimeMs(id) ?? 0));
    const [first = new Date(0), second = new Date(0), third = new Date(0)] = times;

    expect(await idsOf({ createdAfter: second })).toEqual(newestFirst(ids.slice(1)));
    expect(await idsOf({ createdBefore: second })).toEqual(ids.slice(0, 1));
    expect(await idsOf({ createdAfter: first, createdBefore: third })).toEqual(newestFirst(ids.slice(0, 2)));
  });

  it('lists jobs of other programs too, once for each queue that has the number, and by their own time', async () => {
    const { bench, list } = await setup();
    await using _ = bench;
    const timestamp = Date.parse('2026-01-01T00:00:00Z');
    await bench.queue(mails).add('x', { does: 'mail' }, { timestamp });
    await bench.queue(orders).add('x', { does: 'order' }, { timestamp: timestamp + 1000 });
    await bench.redis.hset(bench.queue(mails).toKey('1'), 'data', 'no JSON {');
    const { tasks, nextCursor } = await list({ limit: 1 });
    const rest = await list({ limit: 1, cursor: nextCursor ?? '' });
    const late = await list({ createdAfter: new Date(timestamp + 1000) });

    expect([...tasks, ...rest.tasks].map(({ id, name, payload }) => [id as string, name, payload])).toEqual([
      ['1', 'mails:send', 'no JSON {'],
      ['1', 'orders:pack', { does: 'order' }],
    ]);
    expect(rest.nextCursor).toBeUndefined();
    expect(late.tasks.map(({ name }) => name)).toEqual(['orders:pack']);
  });

  it('never reads another key of the queue as a task', async () => {
    const { bench, idsOf } = await setup();
    await using _ = bench;
    const id = await bench.schedule(mails, { does: 'x' });
    await bench.redis.lpush(bench.queue(mails).toKey('wait'), 'meta', 'events', 'gone');

    expect(await idsOf()).toEqual([id]);
  });

  it('refuses a wrong query', async () => {
    const { bench } = await setup();
    await using _ = bench;
    const answer = await bench.inspector.getTasks({ limit: 0, name: 'mails:sent' });

    expect(answer._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-query',
      message:
        'the query is refused: expected name to be the name of a task: no task is named "mails:sent". Did you mean "mails:send"?; expected limit to be an integer from 1 to 1000, got 0',
    });
  });

  it('gives every task once and in order with pages of any size, also while tasks are added', async () => {
    const { bench } = await setup();
    await using _ = bench;
    const add = (n: number): Promise<TaskId> =>
      bench.schedule(n % 2 === 0 ? mails : orders, { does: 'x' }, n % 3 === 0 ? { delayMs: 600_000 } : {});
    const ids: TaskId[] = [];
    for (let n = 0; n < 230; n += 1) ids.push(await add(n));

    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 7, max: 120 }),
        fc.integer({ min: 0, max: 3 }),
        async (limit, addCount) => {
          const added: TaskId[] = [];
          const pages = await allPages(bench, { limit }, async () => {
            for (let n = 0; n < addCount && added.length < 12; n += 1) added.push(await add(n));
          });
          expect(pages.flat()).toEqual(newestFirst(ids));
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          ids.push(...added);
        },
      ),
      { numRuns: 8 },
    );
    expect((await allPages(bench, { limit: 1, name: 'orders:pack' })).flat().length).toBeGreaterThan(100);
  }, 30_000);
});
