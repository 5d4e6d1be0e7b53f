import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { isTaskId } from '../domain/TaskId';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { createQueueAccess } from '../queue/QueueAccess';
import { createScheduleStore } from '../queue/ScheduleStore';
import { createTickerBench } from './__fixtures__/TickerBench';
import { findSchedule } from './FoundSchedule';
import { startRunNow } from './RunNow';

const reportTask = defineTask({ queueName: 'reports:build', schema: z.unknown(), handler: async () => ok() });

const setup = async () => {
  const bench = await createTickerBench([reportTask]);
  const appConfig = { ...bench.appConfig, scheduleDeadlineMs: 100 };
  const access = createQueueAccess({ logger: silentLogger, appConfig });
  (await bench.recurring.create(reportTask, {}, { everyMs: 60_000 }, { id: 'r' }))._unsafeUnwrap();
  const store = createScheduleStore(bench.redis, appConfig.queuePrefix);
  const schedule = (await findSchedule(store, 'r'))._unsafeUnwrap();
  const registry = createTaskRegistry([reportTask]);
  const correlationId = CorrelationId();
  return {
    bench,
    runNow: () => startRunNow({ schedule, correlationId, registry, access, logger: silentLogger, appConfig }),
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
