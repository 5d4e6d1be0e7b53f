import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';

const task = defineTask({
  queueName: 'mails:send',
  schema: z.object({ isBroken: z.boolean() }),
  handler: async ({ isBroken }) => (isBroken ? err(new TaskError('SMTP is down')) : ok(1)),
  options: { backoffMs: 600_000 },
});

describe('getTask', () => {
  it('says when a scheduled task is due', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const at = new Date(Date.now() + 600_000);
    const { status, dueAt } = await bench.record(await bench.schedule(task, { isBroken: false }, { at }));

    expect({ status, dueAt }).toEqual({ status: 'scheduled', dueAt: at });
  });

  it('says when a task is tried again, and nothing of it once it waits no longer', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const id = await bench.schedule(task, { isBroken: true });
    const pending = await bench.record(id);
    await bench.startWorker();
    const { startedAt, dueAt } = await bench.reaches(id, 'retrying');

    expect(pending.dueAt).toBeUndefined();
    const waitMs = (dueAt?.getTime() ?? 0) - (startedAt?.getTime() ?? 0);
    expect(waitMs).toBeWithin(600_000, 605_000);
  });

  it('names the task that does a failed one again', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const id = await bench.schedule(task, { isBroken: true }, { maxAttempts: 1 });
    await bench.reaches(id, 'failed');
    const key = bench.queue(task).toKey(id);
    await bench.redis.hset(key, 'retriedAs', TaskId()); // a retry that is not over
    const before = await bench.record(id);
    await bench.redis.hdel(key, 'retriedAs');
    const again = (await bench.inspector.retry(id))._unsafeUnwrap();

    expect([before.retriedAs, (await bench.record(id)).retriedAs]).toEqual([undefined, again]);
  });

  it('reads a task once the set that held it has let go of it as not found', async () => {
    await using bench = await createTaskBench({ tasks: [task], env: { LEDGER_URL: 'off' } });
    const id = await bench.schedule(task, { isBroken: false });
    await bench.redis.zrem(bench.queue(task).toKey('prioritized'), id);

    expect((await bench.inspector.getTask(id))._unsafeUnwrapErr().code).toBe('not-found');
  });

  it('does not take the hash of a queue for a task, though a list names it', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.schedule(task, { isBroken: false });
    await bench.redis.lpush(bench.queue(task).toKey('wait'), 'meta', 'events');

    for (const id of ['meta', 'events'] as TaskId[]) {
      expect((await bench.inspector.getTask(id))._unsafeUnwrapErr().code).toBe('not-found');
    }
  });

  it('prefers what Redis knows to the ledger, which knows what Redis has forgotten', async () => {
    await using ledger = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = ledger;
    const [id, forgotten] = [
      await bench.schedule(task, { isBroken: false }),
      await bench.schedule(task, { isBroken: false }),
    ];
    await ledger.database.query('UPDATE tasks SET max_attempts = 9');
    await bench.redis.zrem(bench.queue(task).toKey('prioritized'), forgotten);

    expect(await bench.record(id)).toMatchObject({ id, maxAttempts: 3 });
    expect(await bench.record(forgotten)).toMatchObject({ id: forgotten, maxAttempts: 9 });
  });

  it('says that the ledger is away only when the queue does not hold the task', async () => {
    await using ledger = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = ledger;
    const id = await bench.schedule(task, { isBroken: false });
    const forgotten = TaskId();
    await sharedTaskLedger(bench.appConfig)?.close();
    const { inspector } = bench;
    const answers = [
      await inspector.why(forgotten),
      await inspector.retry(forgotten),
      await inspector.getTask(forgotten),
    ];

    expect((await inspector.getTask(id)).isOk()).toBe(true);
    expect((await inspector.why(id)).isOk()).toBe(true);
    expect((await inspector.getTask('7' as TaskId))._unsafeUnwrapErr().code).toBe('not-found');
    expect(answers.map((answer) => answer.isErr() && answer.error.code)).toEqual(
      answers.map(() => 'ledger-unavailable'),
    );
  });
});
