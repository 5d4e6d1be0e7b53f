import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { at, createHistoryBench, failure, retry } from '../ledger/__fixtures__/HistoryBench';
import { CREATED_AT_MS } from '../ledger/__fixtures__/LedgerBench';
import { closeSharedLedgers, sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { toTaskCursor } from './TaskCursor';
import { createTaskInspector } from './TaskInspector';

const task = defineTask({ queueName: 'emails:send', schema: z.unknown(), handler: () => ok(1) });

/** An inspector with a ledger, whose Redis is not asked. */
const setup = async () => {
  const kept = await createHistoryBench('sqlite');
  const environment = { TASKS_ENABLED: 'false', LEDGER_URL: kept.bench.url, QUEUE_PREFIX: 'test' };
  const appConfig = parseAppConfig(environment)._unsafeUnwrap();
  return {
    ...kept,
    inspector: createTaskInspector({ tasks: [task], logger: silentLogger, appConfig }),
    /** The database is away from here on. */
    closeLedger: async () => sharedTaskLedger(appConfig)?.close(),
    bench: {
      [Symbol.asyncDispose]: async () => {
        await closeSharedLedgers();
        await kept.bench[Symbol.asyncDispose]();
      },
    },
  };
};

describe('getTasks with a ledger', () => {
  it('lists what the ledger has, whatever its name, page by page', async () => {
    const { bench, inspector, add, find } = await setup();
    await using _ = bench;
    const ids = [await add(), await add({ taskName: 'orders:pack' }), await add()] as const;
    const [oldest, middle, newest] = await Promise.all(ids.map(find));
    const page = (await inspector.getTasks({ limit: 2 }))._unsafeUnwrap();
    const rest = (await inspector.getTasks({ limit: 2, cursor: page.nextCursor ?? '' }))._unsafeUnwrap();
    const all: unknown = (await inspector.getTasks({ limit: 3 }))._unsafeUnwrap();

    expect<unknown>(page).toEqual({
      tasks: [newest, middle],
      nextCursor: toTaskCursor({ id: ids[1], name: 'orders:pack' }),
    });
    expect<unknown>(rest).toEqual({ tasks: [oldest] });
    expect(all).toEqual({ tasks: [newest, middle, oldest] });
  });

  it('keeps to what is asked for', async () => {
    const { bench, inspector, add, end } = await setup();
    await using _ = bench;
    const id = await end(await add({}, { scheduleId: 'nightly' }), { outcome: failure });
    await add({ taskName: 'orders:pack' }, { payload: 'SMTP' });
    const idsOf = async (query: Parameters<typeof inspector.getTasks>[0]) =>
      (await inspector.getTasks(query))._unsafeUnwrap().tasks.map((found) => found.id);

    expect(await idsOf({ status: 'failed' })).toEqual([id]);
    expect(await idsOf({ status: ['completed', 'pending'], name: 'emails:send' })).toEqual([]);
    expect(await idsOf({ name: 'emails:send', text: 'smtp' })).toEqual([id]);
    expect(await idsOf({ text: 'smtp' })).toHaveLength(2);
    expect(await idsOf({ scheduleId: 'nightly' })).toEqual([id]);
    expect(await idsOf({ createdAfter: at(1e12) })).toEqual([]);
  });

  it('refuses a wrong query, and says that the database is away', async () => {
    const { bench, inspector, closeLedger } = await setup();
    await using _ = bench;
    await closeLedger();

    expect((await inspector.getTasks({ limit: 0 }))._unsafeUnwrapErr().code).toBe('invalid-query');
    const answers = [
      await inspector.getTasks(),
      await inspector.trace(CorrelationId()),
      await inspector.getAttempts(TaskId()),
    ];

    expect(answers.map((answer) => answer.isErr() && answer.error.code)).toEqual(
      answers.map(() => 'ledger-unavailable'),
    );
  });
});

describe('getAttempts', () => {
  it('lists the attempts of a task, none for one that has not begun', async () => {
    const { bench, inspector, add, end } = await setup();
    await using _ = bench;
    const waits = await add();
    const id = await end(await end(await add(), { outcome: retry }), {
      attempt: 2,
      startedAtMs: CREATED_AT_MS + 20,
      endedAtMs: CREATED_AT_MS + 30,
    });
    const attempts = (await inspector.getAttempts(id))._unsafeUnwrap();

    expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'retry'],
      [2, 'completed'],
    ]);
    expect((await inspector.getAttempts(waits))._unsafeUnwrap()).toEqual([]);
  });

  it('says that nobody knows an id', async () => {
    const { bench, inspector } = await setup();
    await using _ = bench;

    const id = TaskId();

    expect((await inspector.getAttempts(id))._unsafeUnwrapErr()).toMatchObject({
      code: 'not-found',
      message: `the ledger does not know the task "${id}"`,
    });
  });

  it.each(['7' as TaskId, '\0' as TaskId])(
    'does not ask the ledger for %j, which is none of ours',
    async (id) => {
      const { bench, inspector, closeLedger } = await setup();
      await using _ = bench;
      await closeLedger();

      expect((await inspector.getAttempts(id))._unsafeUnwrapErr().code).toBe('not-found');
    },
  );
});

describe('trace', () => {
  it('follows a correlation ID', async () => {
    const { bench, inspector, add, end } = await setup();
    await using _ = bench;
    const correlationId = CorrelationId();
    const parent = await end(await add({}, { correlationId }));
    const child = await add({}, { correlationId, parentId: parent });
    await add();
    const trace = (await inspector.trace(correlationId))._unsafeUnwrap();

    expect(trace).toMatchObject({
      correlationId,
      taskCount: 2,
      isTruncated: false,
      roots: [{ task: { id: parent }, waitMs: 10, runMs: 5, children: [{ task: { id: child } }] }],
    });
    expect((await inspector.trace(CorrelationId()))._unsafeUnwrap()).toMatchObject({
      roots: [],
      taskCount: 0,
    });
  });

  it('holds the 1000 oldest tasks, and says when there are more', async () => {
    const { bench, inspector, add } = await setup();
    await using _ = bench;
    const correlationId = CorrelationId();
    const addOne = () => add({}, { correlationId });
    const ids = await Promise.all(Array.from({ length: 1000 }, addOne));
    const full = (await inspector.trace(correlationId))._unsafeUnwrap();
    await addOne();
    const more = (await inspector.trace(correlationId))._unsafeUnwrap();

    expect(full).toMatchObject({ taskCount: 1000, isTruncated: false });
    expect(more).toMatchObject({ taskCount: 1000, isTruncated: true });
    expect(more.roots.map(({ task: { id } }) => id)).toEqual(ids.toSorted());
  });
});

describe('getTask with a ledger', () => {
  it('knows what Redis cannot say', async () => {
    const { bench, inspector, add, find } = await setup();
    await using _ = bench;
    const id = await add();
    const found: unknown = (await inspector.getTask(id))._unsafeUnwrap();

    expect(found).toEqual(await find(id));
    expect((await inspector.getTask(TaskId()))._unsafeUnwrapErr().code).toBe('tasks-disabled');
  });
});

describe('why while the queues are not asked', () => {
  it('tells what became of a task that has ended', async () => {
    const { bench, inspector, add, end } = await setup();
    await using _ = bench;
    const id = await end(await add());

    expect((await inspector.why(id))._unsafeUnwrap().facts).toEqual([
      { reason: 'completed', endedAt: at(15) },
    ]);
  });

  it('does not say of another one that it is on no queue', async () => {
    const { bench, inspector, add } = await setup();
    await using _ = bench;

    expect((await inspector.why(await add()))._unsafeUnwrapErr().code).toBe('tasks-disabled');
  });

  it('says so when the ledger is away too', async () => {
    const { bench, inspector, add, end, closeLedger } = await setup();
    await using _ = bench;
    const id = await end(await add());
    await closeLedger();

    expect((await inspector.why(id))._unsafeUnwrapErr().code).toBe('tasks-disabled');
  });
});
