import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { silentLogger } from '@backend/logger/silentLogger';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { createRunningApp } from '../__fixtures__/RunningApp';
import { createBoardCancellers } from './BoardCanceller';

const labelTask = defineTask({ queueName: 'orders:label', schema: z.object({}), handler: () => ok() });

const shipTask = defineTask({
  queueName: 'orders:ship',
  schema: z.object({}),
  handler: async (_payload, { children }) => {
    await children.run([[labelTask, {}]]);
    return ok();
  },
});

describe('createBoardCancellers', () => {
  it('ends a task that runs in the ledger, and cancels the children that it waits for', async () => {
    const tasks = [shipTask, labelTask];
    await using database = await createTestDatabase('sqlite');
    const environment = { LEDGER_URL: database.url };
    await using _ledgers = { [Symbol.asyncDispose]: closeSharedLedgers };
    await using running = createRunningApp({ redisUrl: await testRedisUrl(), tasks, environment });
    const { appConfig, scheduler, inspector } = running;
    await running.startWorker([shipTask.queueName]);
    const { id } = (await scheduler.schedule(CorrelationId(), shipTask, {}))._unsafeUnwrap();
    const listChildren = async () => (await inspector.getTasks({ parentId: id }))._unsafeUnwrap().tasks;
    await until(async () => (await listChildren()).length === 1);
    const canceller = createBoardCancellers({ appConfig, logger: silentLogger })(shipTask.queueName);
    (await canceller?.end(id))?._unsafeUnwrap();

    expect((await sharedTaskLedger(appConfig)?.history.find(id))?._unsafeUnwrap()).toMatchObject({
      status: 'cancelled',
      cancelReason: 'deleted on the board',
    });
    expect(await listChildren()).toMatchObject([{ name: 'orders:label', status: 'cancelled' }]);
  });

  it('opens no other ledger when its own is closed meanwhile', async () => {
    await using database = await createTestDatabase('sqlite');
    const environment = { LEDGER_URL: database.url };
    await using _ledgers = { [Symbol.asyncDispose]: closeSharedLedgers };
    await using running = createRunningApp({
      redisUrl: await testRedisUrl(),
      tasks: [labelTask],
      environment,
    });
    const { appConfig, scheduler } = running;
    const delayMs = 600_000;
    const { id } = (await scheduler.schedule(CorrelationId(), labelTask, {}, { delayMs }))._unsafeUnwrap();
    const canceller = createBoardCancellers({ appConfig, logger: silentLogger })(labelTask.queueName);
    await closeSharedLedgers();

    expect((await canceller?.cancel(id))?._unsafeUnwrapErr()).toMatchObject({ code: 'ledger-unavailable' });
    expect((await sharedTaskLedger(appConfig)?.history.find(id))?._unsafeUnwrap()?.status).toBe('scheduled');
  });
});
