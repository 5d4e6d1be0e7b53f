import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { createTaskInspector } from './TaskInspector';

describe('TaskInspector.retry of a task that Redis has forgotten', () => {
  it('does a task again that the ledger alone still knows, once, however many call', async () => {
    let isBroken = true;
    const task = defineTask({
      queueName: 'test:forgotten',
      schema: z.object({ n: z.number() }),
      handler: async ({ n }) => (isBroken ? err(TaskError.fatal('broken', { n })) : ok(n)),
    });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const worker = await bench.startWorker();
    const id = await bench.schedule(task, { n: 7 }, { priority: 'high', metadata: { order: 7 } });
    const { correlationId } = await bench.ended(id);
    await worker.stop();
    isBroken = false;
    await bench.redis.del(await bench.keys());
    const answers = await Promise.all(Array.from({ length: 8 }, () => bench.inspector.retry(id)));
    const made = answers.flatMap((answer) => (answer.isOk() ? [answer.value] : []));
    const refusals = answers.flatMap((answer) => (answer.isErr() ? [answer.error] : []));
    const newId = made[0] ?? id;

    expect(made).toEqual([newId]);
    expect(refusals.map(({ code, metadata }) => [code, metadata['retriedAs']])).toEqual(
      Array.from({ length: 7 }, () => ['already-retried', newId]),
    );
    expect(await setup.row(newId)).toMatchObject({ retried_from: id, priority: 75 });
    await bench.startWorker();
    expect(await bench.ended(newId)).toMatchObject({
      status: 'completed',
      value: 7,
      correlationId,
      metadata: { order: 7 },
      retriedFrom: id,
    });
  });

  it('knows when Redis has forgotten the retry too', async () => {
    const task = defineTask({ queueName: 'test:gone', schema: z.object({}), handler: async () => ok() });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const id = await bench.schedule(task, {}, { delayMs: 60_000 });
    (await bench.inspector.cancel(id, 'too late'))._unsafeUnwrap();
    await bench.redis.del(await bench.keys());
    const newId = (await bench.inspector.retry(id))._unsafeUnwrap();
    await bench.redis.del(await bench.keys());

    expect((await bench.inspector.retry(id))._unsafeUnwrapErr()).toMatchObject({
      code: 'already-retried',
      metadata: { retriedAs: newId },
    });
    expect(await bench.record(id)).toMatchObject({ status: 'cancelled', cancelReason: 'too late' });
    const third = (await bench.inspector.retry(id, { force: true }))._unsafeUnwrap();
    expect(await setup.row(third)).toMatchObject({ retried_from: id });
    expect(await setup.countRows()).toBe(3);
  });

  it('says of a task whose row another program has written to that it cannot be read', async () => {
    const task = defineTask({ queueName: 'test:gone', schema: z.object({}), handler: async () => ok() });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const id = await bench.schedule(task, {});
    (await bench.inspector.cancel(id))._unsafeUnwrap();
    await bench.redis.del(await bench.keys());
    await setup.database.query('UPDATE tasks SET job = $1 WHERE id = $2', ['{no JSON', id]);

    expect((await bench.inspector.getTask(id))._unsafeUnwrap()).toMatchObject({ status: 'cancelled' });
    expect((await bench.inspector.retry(id))._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-refused',
      message: expect.stringContaining(`the ledger's row of the task ${id} cannot be read: expected `),
    });
  });

  it('retries no forgotten task that completed, or that has no definition', async () => {
    const task = defineTask({ queueName: 'test:gone', schema: z.object({}), handler: async () => ok() });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const worker = await bench.startWorker();
    const completed = await bench.schedule(task, {});
    await bench.ended(completed);
    await worker.stop();
    const cancelled = await bench.schedule(task, {});
    (await bench.inspector.cancel(cancelled))._unsafeUnwrap();
    await bench.redis.del(await bench.keys());
    const other = defineTask({ queueName: 'test:other', schema: z.object({}), handler: async () => ok() });
    const stranger = createTaskInspector({
      tasks: [other],
      logger: bench.logger,
      appConfig: bench.appConfig,
    });

    expect((await bench.inspector.retry(completed))._unsafeUnwrapErr()).toMatchObject({
      code: 'not-retriable',
      metadata: { status: 'completed' },
    });
    expect((await stranger.retry(cancelled))._unsafeUnwrapErr()).toMatchObject({
      code: 'not-found',
      message: `no registered queue holds the task "${cancelled}"`,
    });
    expect(await bench.redis.exists(bench.queue(task).toKey(completed))).toBe(0);
    expect(await bench.redis.exists(bench.queue(task).toKey(cancelled))).toBe(0);
  });
});
