import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { openDatabase } from '@backend/database/openDatabase';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type RecurringOptions } from '../domain/RecurringSchedule';
import { defineTask } from '../domain/TaskDefinition';
import { isTaskId } from '../domain/TaskId';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { createQueueAccess } from '../queue/QueueAccess';
import { createScheduleStore } from '../queue/ScheduleStore';
import { createTickerBench } from './__fixtures__/TickerBench';
import { findSchedule } from './FoundSchedule';
import { startRunNow } from './RunNow';

const reportTask = defineTask({
  queueName: 'reports:build',
  schema: z.unknown(),
  handler: async () => ok(),
  options: { backoffMs: 7 },
});

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly overlap?: RecurringOptions['overlap'];
}

const setup = async ({ env = {}, overlap = 'allow' }: Given = {}) => {
  const bench = await createTickerBench([reportTask], { env });
  const appConfig = { ...bench.appConfig, scheduleDeadlineMs: 100 };
  const logger = getMockedLogger();
  const access = createQueueAccess({ logger, appConfig });
  (await bench.recurring.create(reportTask, {}, { everyMs: 60_000 }, { id: 'r', overlap }))._unsafeUnwrap();
  const store = createScheduleStore(bench.redis, appConfig.queuePrefix);
  const schedule = (await findSchedule(store, 'r'))._unsafeUnwrap();
  const registry = createTaskRegistry([reportTask]);
  return {
    bench,
    logger,
    /** Each with a correlation ID of its own. */
    runNow: () =>
      startRunNow({ schedule, correlationId: CorrelationId(), registry, access, logger, appConfig }),
    [Symbol.asyncDispose]: bench[Symbol.asyncDispose],
  };
};

describe('startRunNow', () => {
  it('says that a run may have started whose receipt was lost, and under which id', async () => {
    await using test = await setup();
    const { bench } = test;
    await bench.redis.call('CLIENT', 'PAUSE', '60000', 'WRITE');
    const error = (await test.runNow())._unsafeUnwrapErr();
    await bench.redis.call('CLIENT', 'UNPAUSE');

    const { isUnknown, taskId } = error.metadata;
    expect([error.code, isUnknown, isTaskId(taskId)]).toEqual(['queue-unavailable', true, true]);
    await until(async () => (await bench.taskIds(reportTask)).length > 0);
    expect(await bench.taskIds(reportTask)).toEqual([String(taskId)]);
  });

  it('says that no run has started when Redis refused it', async () => {
    await using test = await setup();
    const { bench } = test;
    await bench.redis.config('SET', 'min-replicas-to-write', '1');
    const error = (await test.runNow())._unsafeUnwrapErr();
    await bench.redis.config('SET', 'min-replicas-to-write', '0');

    expect(error).toMatchObject({ code: 'queue-unavailable', metadata: { isUnknown: false } });
    expect(await bench.taskIds(reportTask)).toEqual([]);
  });
});

/** A database that nobody serves. */
const AWAY = { LEDGER_URL: 'postgres://127.0.0.1:1/none', LEDGER_DEADLINE_MS: '500' };

const setupLedger = async (given: Pick<Given, 'overlap'> = {}) => {
  const target = await createTestDatabase('sqlite');
  const test = await setup({ ...given, env: { LEDGER_URL: target.url } });
  const database = openDatabase(parseDatabaseUrl(target.url)._unsafeUnwrap());
  const { redis } = test.bench;
  return {
    ...test,
    rows: () => database.query('SELECT * FROM tasks ORDER BY created_at'),
    /** Keeps everybody else from writing for a moment. */
    delayWrites: () => database.transaction(() => Bun.sleep(30)),
    /** While Redis refuses to write. */
    whileRefused: async <T>(work: () => Promise<T>): Promise<T> => {
      await redis.config('SET', 'min-replicas-to-write', '1');
      const answer = await work();
      await redis.config('SET', 'min-replicas-to-write', '0');
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      await test[Symbol.asyncDispose]();
      await database.close();
      await target[Symbol.asyncDispose]();
    },
  };
};

describe('startRunNow with a ledger', () => {
  it('has written the run down when it answers', async () => {
    await using test = await setupLedger();
    const { id } = (await test.runNow())._unsafeUnwrap();

    expect(await test.rows()).toMatchObject([
      { id, status: 'pending', schedule_id: 'r', retry_strategy: '{"backoffMs":7}' },
    ]);
  });

  it('says in the job since when the run waits, as the ledger does, however long writing it down took', async () => {
    await using test = await setupLedger();
    const delayed = test.delayWrites();
    const { id } = (await test.runNow())._unsafeUnwrap();
    await delayed;

    const job = await test.bench.queue(reportTask).getJob(id);
    expect(await test.rows()).toMatchObject([{ id, created_at: job?.timestamp }]);
  });

  it('starts nothing while the ledger is away', async () => {
    await using test = await setup({ env: AWAY });
    const error = (await test.runNow())._unsafeUnwrapErr();

    expect([error.code, error.metadata['isUnknown'], isTaskId(error.metadata['taskId'])]).toEqual([
      'ledger-unavailable',
      true,
      true,
    ]);
    expect(await test.bench.taskIds(reportTask)).toEqual([]);
  });

  it('starts the run without a ledger that is away, if it may, and says so', async () => {
    await using test = await setup({ env: { ...AWAY, LEDGER_REQUIRED: 'false' } });
    const { id } = (await test.runNow())._unsafeUnwrap();

    expect(await test.bench.taskIds(reportTask)).toEqual([id]);
    expect(test.logger.warn.mock.calls).toEqual([
      [
        'Tasks are scheduled without the ledger, which does not answer',
        { taskName: 'reports:build', reason: expect.stringContaining('does not answer') },
      ],
    ]);
  });

  it('leaves a run to the relay that Redis does not take', async () => {
    await using test = await setupLedger();
    const run = await test.whileRefused(test.runNow);

    const { id } = run._unsafeUnwrap();
    expect(await test.rows()).toMatchObject([{ id, status: 'pending', published_at: null }]);
    expect(test.logger.warn.mock.calls.map(([message]) => message)).toEqual([
      'Tasks wait in the ledger: Redis does not take them',
    ]);
  });

  it('does not say that a run has started which Redis did not take, and may yet skip', async () => {
    await using test = await setupLedger({ overlap: 'skip' });
    const error = (await test.whileRefused(test.runNow))._unsafeUnwrapErr();

    expect(error).toMatchObject({ code: 'queue-unavailable', metadata: { isUnknown: true } });
    expect(await test.rows()).toMatchObject([{ id: error.metadata['taskId'], published_at: null }]);
    expect(test.logger.warn).not.toHaveBeenCalled();
  });

  it('keeps nothing of a run that would overlap, and changes nothing of the one that waits', async () => {
    await using test = await setupLedger({ overlap: 'skip' });
    const { id, correlationId } = (await test.runNow())._unsafeUnwrap();
    const error = (await test.runNow())._unsafeUnwrapErr();

    expect(error.code).toBe('overlapping');
    expect(await test.rows()).toMatchObject([{ id, correlation_id: correlationId }]);
  });
});
