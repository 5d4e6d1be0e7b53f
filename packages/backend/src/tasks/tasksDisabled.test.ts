import { describe, expect, it } from 'bun:test';
import { createServer } from 'node:net';
import { parseAppConfig } from '@backend/config/AppConfig';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { createDeadLetterQueue } from './deadLetters/DeadLetterQueue';
import { defineTask } from './domain/TaskDefinition';
import { TaskId } from './domain/TaskId';
import { createTaskInspector } from './inspector/TaskInspector';
import { sampleEntry } from './ledger/__fixtures__/LedgerBench';
import { closeSharedLedgers, sharedTaskLedger } from './ledger/sharedTaskLedger';
import { createTaskLock } from './locks/TaskLock';
import { createRecurringSchedules } from './recurring/RecurringSchedules';
import { defineResource } from './resources/ResourceDefinition';
import { createTaskScheduler } from './scheduler/TaskScheduler';
import { startTaskWorkers } from './worker/startTaskWorkers';
import { createTaskWorker } from './worker/TaskWorker';

const task = defineTask({
  queueName: 'emails:send',
  schema: z.object({ to: z.string() }),
  handler: async () => ok(),
});
const timing = { everyMs: 60_000 };
const id = TaskId();
const MESSAGE = 'TASKS_ENABLED is false: this process neither schedules nor runs nor reads tasks';

/** Everything switched off, before a port that counts who connects to it. */
const setup = async (ledgerUrl = 'off') => {
  let connectionCount = 0;
  const server = createServer((socket) => {
    connectionCount += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const appConfig = parseAppConfig({
    NODE_ENV: 'test',
    REDIS_URL: `redis://127.0.0.1:${port}`,
    TASKS_ENABLED: 'false',
    LEDGER_URL: ledgerUrl,
  })._unsafeUnwrap();
  const logger = getMockedLogger();
  return {
    parts: { tasks: [task], logger, appConfig },
    logger,
    connectionCount: () => connectionCount,
    [Symbol.asyncDispose]: async () => {
      closeSharedConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

type Parts = Awaited<ReturnType<typeof setup>>['parts'];

describe('with TASKS_ENABLED=false', () => {
  const calls: [name: string, call: (parts: Parts) => Promise<{ _unsafeUnwrapErr(): Error }>][] = [
    ['schedule', (parts) => createTaskScheduler(parts).schedule(CorrelationId(), task, { to: 'ada' })],
    [
      'scheduleRecurring',
      (parts) => createTaskScheduler(parts).scheduleRecurring(CorrelationId(), task, { to: 'ada' }, timing),
    ],
    ['handle.status', (parts) => createTaskScheduler(parts).handle(task, id).status()],
    ['handle.result', (parts) => createTaskScheduler(parts).handle(task, id).result()],
    ['handle.progress', (parts) => createTaskScheduler(parts).handle(task, id).progress()],
    ['handle.cancel', (parts) => createTaskScheduler(parts).handle(task, id).cancel()],
    ['getTask', (parts) => createTaskInspector(parts).getTask(id)],
    ['getTasks', (parts) => createTaskInspector(parts).getTasks()],
    ['getQueueDepth', (parts) => createTaskInspector(parts).getQueueDepth()],
    ['getStats', (parts) => createTaskInspector(parts).getStats()],
    ['cancel', (parts) => createTaskInspector(parts).cancel(id)],
    ['retry', (parts) => createTaskInspector(parts).retry(id)],
    ['why', (parts) => createTaskInspector(parts).why(id)],
    ['letters.list', (parts) => createDeadLetterQueue(parts).list()],
    ['letters.get', (parts) => createDeadLetterQueue(parts).get(id)],
    ['letters.retry', (parts) => createDeadLetterQueue(parts).retry(id)],
    ['letters.retryAll', (parts) => createDeadLetterQueue(parts).retryAll()],
    ['letters.purge', (parts) => createDeadLetterQueue(parts).purge(0)],
    ['letters.count', (parts) => createDeadLetterQueue(parts).count()],
    ['recurring.create', (parts) => createRecurringSchedules(parts).create(task, { to: 'ada' }, timing)],
    ['recurring.list', (parts) => createRecurringSchedules(parts).list()],
    ['recurring.pause', (parts) => createRecurringSchedules(parts).pause('digest')],
    ['recurring.resume', (parts) => createRecurringSchedules(parts).resume('digest')],
    ['recurring.delete', (parts) => createRecurringSchedules(parts).delete('digest')],
    ['recurring.runNow', (parts) => createRecurringSchedules(parts).runNow('digest')],
    ['lock.acquire', (parts) => createTaskLock(parts).acquire('report', 'ada', 1000)],
    ['lock.isHeld', (parts) => createTaskLock(parts).isHeld('report')],
  ];

  it.each(calls)(
    '%s answers tasks-disabled, names the switch and connects to nothing',
    async (_name, call) => {
      await using test = await setup();
      const error = (await call(test.parts))._unsafeUnwrapErr();

      expect(error).toMatchObject({ code: 'tasks-disabled' });
      expect(error.message).toContain(MESSAGE);
      expect(test.connectionCount()).toBe(0);
    },
  );

  it.each(calls.filter(([name]) => name === 'cancel' || name === 'handle.cancel'))(
    '%s leaves a task of the ledger alone',
    async (_name, call) => {
      await using database = await createTestDatabase('sqlite');
      await using test = await setup(database.url);
      const ledger = sharedTaskLedger(test.parts.appConfig);
      await ledger?.writer.insert(sampleEntry({ id, taskName: task.queueName }));
      const error = (await call(test.parts))._unsafeUnwrapErr();
      const found = await ledger?.history.find(id);
      await closeSharedLedgers();

      expect(error).toMatchObject({ code: 'tasks-disabled' });
      expect(found?._unsafeUnwrap()).toMatchObject({ status: 'pending' });
    },
  );

  it('schedule still says what is wrong with a call', async () => {
    await using test = await setup();
    const payload = { to: 7 as unknown as string }; // wrong on purpose
    const refused = await createTaskScheduler(test.parts).schedule(CorrelationId(), task, payload);

    expect(refused._unsafeUnwrapErr().code).toBe('invalid-payload');
  });

  it('the events of a handle end at once, and say why', async () => {
    await using test = await setup();
    const told = await Array.fromAsync(createTaskScheduler(test.parts).handle(task, id).events());

    expect(told).toEqual([{ error: expect.objectContaining({ code: 'tasks-disabled' }) }]);
  });

  it('schedule names the task and the switch', async () => {
    await using test = await setup();
    const refused = await createTaskScheduler(test.parts).schedule(CorrelationId(), task, { to: 'ada' });

    expect(refused._unsafeUnwrapErr().message).toBe(`emails:send could not be scheduled: ${MESSAGE}`);
    expect(refused._unsafeUnwrapErr().metadata).toMatchObject({ isUnknown: false });
  });

  it('a worker inside an app starts, says so, takes nothing and opens nothing', async () => {
    await using test = await setup();
    let startCount = 0;
    const pool = defineResource({
      token: 'pool',
      start: () => {
        startCount += 1;
      },
    });
    const worker = createTaskWorker({ ...test.parts, resources: [pool], id: 'w1' });

    expect((await worker.start()).isOk()).toBe(true);
    expect((await worker.start()).isOk()).toBe(true);
    await worker.pause();
    await worker.resume();
    expect(worker.getStats().status).toBe('disabled');
    expect(test.logger.info.mock.calls).toEqual([
      ['TASKS_ENABLED is false: no task is taken', { workerId: 'w1' }],
    ]);
    await worker.stop();
    expect(worker.getStats().status).toBe('stopped');
    expect([startCount, test.connectionCount()]).toEqual([0, 0]);
  });

  it('several workers start and stop as well', async () => {
    await using test = await setup();
    const { workers, stop } = (await startTaskWorkers(2, test.parts))._unsafeUnwrap();

    expect(workers.map((worker) => worker.getStats().status)).toEqual(['disabled', 'disabled']);
    await stop();
    expect(test.connectionCount()).toBe(0);
  });
});
