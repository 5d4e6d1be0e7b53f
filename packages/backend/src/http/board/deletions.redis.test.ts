import { describe, expect, it } from 'bun:test';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { boardPathOf, sendToBoard, waitForStatus } from '../__fixtures__/BoardClient';
import { createRunningApp } from '../__fixtures__/RunningApp';

const NAME = 'orders:pack';

/** The application with a ledger of its own, and a task that counts its runs. */
const setup = async (isBroken = false) => {
  const started = Promise.withResolvers<void>();
  const state = { runCount: 0 };
  const task = defineTask({
    queueName: NAME,
    schema: z.object({ isSlow: z.boolean().optional() }),
    handler: async ({ isSlow = false }, { signal }) => {
      state.runCount += 1;
      started.resolve();
      if (isSlow) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return isBroken ? err(TaskError.fatal('broken')) : ok();
    },
  });
  const database = await createTestDatabase('sqlite');
  const environment = { LEDGER_URL: database.url };
  const running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [task], environment });
  const { scheduler, appConfig } = running;
  return {
    running,
    state,
    started: started.promise,
    schedule: async (options = {}, payload = {}): Promise<TaskId> =>
      (await scheduler.schedule(CorrelationId(), task, payload, options))._unsafeUnwrap().id,
    /** What the ledger has of tasks, in their order. */
    kept: async (...ids: readonly TaskId[]) => {
      const found = await Promise.all(ids.map(async (id) => sharedTaskLedger(appConfig)?.history.find(id)));
      return found.map((each) => each?._unsafeUnwrap()).map((task) => [task?.status, task?.cancelReason]);
    },
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await closeSharedLedgers();
      await database[Symbol.asyncDispose]();
    },
  };
};

const CANCELLED = ['cancelled', 'deleted on the board'];

describe('deleting on the board', () => {
  it('cancels a task that waits, in the ledger too, which would bring it back', async () => {
    await using bench = await setup();
    const id = await bench.schedule({ delayMs: 600_000 });

    expect((await sendToBoard(bench.running, 'PUT', `${boardPathOf(NAME, id)}/clean`)).status).toBe(204);
    expect(await bench.kept(id)).toEqual([CANCELLED]);
    expect((await bench.running.inspector.getTask(id))._unsafeUnwrap().status).toBe('cancelled');
  });

  it('asks a task that runs to stop', async () => {
    await using bench = await setup();
    await bench.running.startWorker();
    const id = await bench.schedule({}, { isSlow: true });
    await bench.started;

    expect((await sendToBoard(bench.running, 'PUT', `${boardPathOf(NAME, id)}/clean`)).status).toBe(204);
    await waitForStatus(bench.running, id, 'cancelled');
    expect(await bench.kept(id)).toEqual([CANCELLED]);
  });

  it('deletes a task that has ended, of which the ledger keeps its row', async () => {
    await using bench = await setup(true);
    await bench.running.startWorker();
    const id = await bench.schedule();
    await waitForStatus(bench.running, id, 'failed');

    expect((await sendToBoard(bench.running, 'PUT', `${boardPathOf(NAME, id)}/clean`)).status).toBe(204);
    expect((await sendToBoard(bench.running, 'GET', boardPathOf(NAME, id))).status).toBe(404);
    expect(await bench.kept(id)).toEqual([['failed', undefined]]);
  });

  it.each([
    ['empty', ['cancelled', 'cancelled', 'scheduled']],
    ['clean/delayed', ['pending', 'pending', 'cancelled']],
    ['obliterate', ['cancelled', 'cancelled', 'cancelled']],
  ])('cancels the tasks of a queue: %s', async (action, statuses) => {
    await using bench = await setup();
    const queue = boardPathOf(NAME);
    await sendToBoard(bench.running, 'PUT', `${queue}/pause`);
    const ids = [await bench.schedule(), await bench.schedule(), await bench.schedule({ delayMs: 600_000 })];

    expect((await sendToBoard(bench.running, 'PUT', `${queue}/${action}`, {})).status).toBe(200);
    expect((await bench.kept(...ids)).map(([status]) => status)).toEqual(statuses);
    await sendToBoard(bench.running, 'PUT', `${queue}/resume`);
    await bench.running.startWorker();
    const last = await bench.schedule({ priority: 'low' });
    await waitForStatus(bench.running, last, 'completed');
    expect(bench.state.runCount).toBe(1 + statuses.filter((status) => status === 'pending').length);
  });

  it('says so when the ledger cannot be told', async () => {
    await using bench = await setup();
    const id = await bench.schedule({ delayMs: 600_000 });
    await sharedTaskLedger(bench.running.appConfig)?.close();

    expect(await sendToBoard(bench.running, 'PUT', `${boardPathOf(NAME, id)}/clean`)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('the ledger could not be told') },
    });
  });
});
